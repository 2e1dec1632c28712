package gormstore

import "gorm.io/gorm"

// redactingDialector stands before the user's dialector on the store's clone of
// the *gorm.DB and keeps keys and payloads out of what GORM prints: its log and
// the tracing plugins render a statement with Explain, and they print errors
// after they went through Translate.
type redactingDialector struct {
	gorm.Dialector
	translate bool // the user's Config.TranslateError
}

// Explain gives the statement with its placeholders.
func (d redactingDialector) Explain(sql string, _ ...any) string { return sql }

// Translate does what the user's dialector would have done, and masks values.
func (d redactingDialector) Translate(err error) error {
	if t, ok := d.Dialector.(gorm.ErrorTranslator); ok && d.translate {
		err = t.Translate(err)
	}
	return dialect(d.Name()).mask(err)
}

// savepointDialector forwards GORM's optional interface for nested transactions,
// where the user's dialector has it.
type savepointDialector struct {
	redactingDialector
	gorm.SavePointerDialectorInterface
}

// redactValues puts the wrapper on db, which must be a clone of the user's.
func redactValues(db *gorm.DB) {
	wrapped := redactingDialector{Dialector: db.Dialector, translate: db.TranslateError}
	db.TranslateError = true // so that GORM calls Translate
	if sp, ok := db.Dialector.(gorm.SavePointerDialectorInterface); ok {
		db.Dialector = savepointDialector{wrapped, sp}
		return
	}
	db.Dialector = wrapped
}
