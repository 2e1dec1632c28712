package gormstore

import (
	"context"
	"fmt"
	"reflect"
	"strings"

	"gorm.io/gorm"
	"gorm.io/gorm/schema"
)

// model is what the store knows about the struct it keeps sessions in.
type model struct {
	name     string
	schema   *schema.Schema
	baseOnly bool            // the base's columns and nothing else
	fills    bool            // it is a SessionFiller
	extra    []*schema.Field // the columns beyond the base's that an update may write
	client   *clientColumns  // those of a ClientBase, or nil
	user     *schema.Field   // the column tagged djinn:"user", or nil
	users    string          // the table of users, if there is one

	softDeletes bool

	// GORM wants a transaction around these.
	txCreate, txUpdate, txDelete bool
}

// parseModel reads the struct's definition as GORM does and refuses what would
// break the store later.
func parseModel(db *gorm.DB, row Model) (*model, error) {
	t := reflect.TypeOf(row).Elem()
	if err := checkStruct(t); err != nil {
		return nil, err
	}
	stmt := &gorm.Statement{DB: db}
	if err := stmt.Parse(row); err != nil {
		return nil, fmt.Errorf("gormstore: GORM does not understand the model %s: %w", t.Name(), err)
	}
	m := &model{name: t.Name(), schema: stmt.Schema, baseOnly: len(stmt.Schema.DBNames) == 3}
	if m.schema.Table == "" {
		return nil, fmt.Errorf("gormstore: the model %s has no table name: return one from its TableName method", m.name)
	}
	err := m.checkColumns(row)
	if err != nil {
		return nil, err
	}
	if m.user, err = userField(m.name, m.schema); err != nil {
		return nil, err
	}
	if m.user != nil {
		if m.users, err = m.usersTable(); err != nil {
			return nil, err
		}
	}
	if err := m.checkNames(dialect(db.Name())); err != nil {
		return nil, err
	}
	if c, ok := row.(clientModel); ok {
		if m.client, err = m.clientColumns(row, c.clientBase()); err != nil {
			return nil, err
		}
	}
	_, m.fills = row.(SessionFiller)
	m.extra = m.extraColumns()
	m.softDeletes = len(m.schema.DeleteClauses) > 0

	associations := len(m.schema.Relationships.Relations) > 0
	m.txCreate = m.schema.AfterCreate || m.schema.AfterSave || associations
	m.txUpdate = m.schema.AfterUpdate || m.schema.AfterSave || associations
	m.txDelete = m.schema.AfterDelete
	return m, nil
}

// maxPostgresName is where PostgreSQL cuts a name, so that two can be one.
const maxPostgresName = 63

// checkNames refuses names of tables that the database would cut.
func (m *model) checkNames(d dialect) error {
	for _, name := range []string{m.schema.Table, m.users} {
		name = name[strings.LastIndexByte(name, '.')+1:]
		if d == postgres && len(name) > maxPostgresName {
			return fmt.Errorf("gormstore: the model %s: the table name %s has more than the %d bytes that PostgreSQL looks at: return a shorter one from its TableName method", m.name, name, maxPostgresName)
		}
	}
	return nil
}

var (
	baseType   = reflect.TypeFor[Base]()
	fillerType = reflect.TypeFor[SessionFiller]()
)

// checkStruct finds mistakes that the compiler does not see and GORM would not
// mention.
func checkStruct(t reflect.Type) error {
	byValue, byPointer := countBases(t)
	switch {
	case byPointer > 0:
		return fmt.Errorf("gormstore: the model %s embeds gormstore.Base by way of a pointer: embed it, and what embeds it, by value", t.Name())
	case byValue > 1:
		return fmt.Errorf("gormstore: the model %s embeds gormstore.Base %d times: embed it once", t.Name(), byValue)
	case t.Implements(fillerType):
		return fmt.Errorf("gormstore: FillSession of the model %s has a value receiver, so that what it fills is lost: declare it on *%s", t.Name(), t.Name())
	}
	if _, ok := reflect.PointerTo(t).MethodByName("FillSession"); ok && !reflect.PointerTo(t).Implements(fillerType) {
		return fmt.Errorf("gormstore: FillSession of the model %s would not be called: declare it as FillSession(ctx context.Context, values core.Values) error", t.Name())
	}
	return nil
}

// countBases looks for Base in t and in what t embeds.
func countBases(t reflect.Type) (byValue, byPointer int) {
	if t.Kind() != reflect.Struct || t == baseType {
		return 0, 0
	}
	for i := range t.NumField() {
		f := t.Field(i)
		switch {
		case !f.Anonymous:
		case f.Type == baseType:
			byValue++
		case f.Type == reflect.PointerTo(baseType):
			byPointer++
		case f.Type.Kind() == reflect.Pointer && f.Type.Elem() != t:
			v, p := countBases(f.Type.Elem())
			byPointer += v + p
		default:
			v, p := countBases(f.Type)
			byValue, byPointer = byValue+v, byPointer+p
		}
	}
	return byValue, byPointer
}

// checkColumns makes sure that the base's columns are the base's fields, under
// their names, and that the key is the primary key.
func (m *model) checkColumns(row Model) error {
	base := row.sessionBase()
	for column, field := range map[string]any{keyColumn: &base.SessionKey, dataColumn: &base.SessionData, expireColumn: &base.ExpireDate} {
		if _, err := m.column(row, column, field, "gormstore.Base"); err != nil {
			return err
		}
	}
	if len(m.schema.PrimaryFields) != 1 || m.schema.PrimaryFields[0].DBName != keyColumn {
		return fmt.Errorf("gormstore: the primary key of the model %s must be %s alone: remove gorm.Model and every other primaryKey tag", m.name, keyColumn)
	}
	return nil
}

// column finds the column that must be the given field of an embedded struct.
func (m *model) column(row Model, name string, field any, of string) (*schema.Field, error) {
	f := m.schema.FieldsByDBName[name]
	if f == nil {
		return nil, fmt.Errorf("gormstore: the model %s has no column %s: embed %s without a prefix, and without a tag that hides it", m.name, name, of)
	}
	if f.ReflectValueOf(context.Background(), reflect.ValueOf(row)).Addr().Pointer() != reflect.ValueOf(field).Pointer() {
		return nil, fmt.Errorf("gormstore: the field %s of the model %s takes the column %s away from %s: give it another name or column tag", f.Name, m.name, name, of)
	}
	return f, nil
}

// ownsUpdates reports whether the type of a column has clauses of its own for updates,
// as those of soft deletion and optimistic locking. A new row does not have their
// values.
func ownsUpdates(f *schema.Field) bool {
	_, ok := reflect.New(f.IndirectFieldType).Interface().(schema.UpdateClausesInterface)
	return ok
}

// extraColumns are those that an update may write besides the base's.
func (m *model) extraColumns() (extra []*schema.Field) {
	for _, column := range m.schema.DBNames {
		f := m.schema.FieldsByDBName[column]
		switch {
		case column == keyColumn, column == dataColumn, column == expireColumn, m.client.has(f):
		case !f.Updatable, f.AutoCreateTime > 0 && f.AutoUpdateTime == 0, ownsUpdates(f):
		default:
			extra = append(extra, f)
		}
	}
	return extra
}
