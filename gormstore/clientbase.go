package gormstore

import (
	"context"
	"strings"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/schema"

	"github.com/djinn-go/djinn/core"
)

// ClientBase is [Base] with columns for who uses the session and since when, for
// pages such as "your devices". Embed it in the place of Base. The store fills it on
// every save that belongs to a request, before FillSession, which may change what it
// finds: shorten an address, for example. What is saved outside of a request, by a
// job, leaves these columns as they are.
//
// They may be NULL, so that they can be added to a table that is in use, by Django
// too; a NULL reads as a zero value.
type ClientBase struct {
	Base
	// ClientIP is the address of the client who was seen last, see core.ClientInfo; ""
	// if it was not known. Personal data in many countries.
	ClientIP string `gorm:"column:client_ip;size:45"`
	// UserAgent is that client's User-Agent header, cut to 255 bytes. What is not
	// printable ASCII, in which RFC 9110 asks headers to be, is replaced by "?", so
	// that no column's character set refuses it.
	UserAgent string `gorm:"column:user_agent;size:255"`
	// CreatedAt is when the row was inserted. A log-in that keeps an anonymous
	// session keeps its row too.
	CreatedAt DateTime `gorm:"column:created_at;<-:create"`
	// LastSeen is when a request last saved or touched the session; it never moves
	// backwards. A request that only reads writes nothing: to see those too, set
	// core.Config.SaveEveryRequest, whose writes TouchInterval limits.
	LastSeen DateTime `gorm:"column:last_seen"`
}

// AfterFind is GORM's hook, see [Base.AfterFind], for all times of the base. A
// model with an AfterFind of its own calls it.
func (b *ClientBase) AfterFind(tx *gorm.DB) error {
	if err := b.Base.AfterFind(tx); err != nil {
		return err
	}
	for _, d := range []*DateTime{&b.CreatedAt, &b.LastSeen} {
		switch {
		case d.IsZero():
		case dialect(tx.Name()) == mysql:
			*d = d.wallClockUTC()
		default:
			d.Time = d.UTC()
		}
	}
	return nil
}

func (b *ClientBase) clientBase() *ClientBase { return b }

// clientModel is a model that embeds ClientBase.
type clientModel interface{ clientBase() *ClientBase }

// clientColumns are the fields of a model's ClientBase.
type clientColumns struct {
	clientIP, userAgent, createdAt, lastSeen *schema.Field
}

// clientColumns finds the columns of a ClientBase.
func (m *model) clientColumns(row Model, b *ClientBase) (*clientColumns, error) {
	c := new(clientColumns)
	for _, want := range []struct {
		name  string
		field any
		found **schema.Field
	}{
		{"client_ip", &b.ClientIP, &c.clientIP},
		{"user_agent", &b.UserAgent, &c.userAgent},
		{"created_at", &b.CreatedAt, &c.createdAt},
		{"last_seen", &b.LastSeen, &c.lastSeen},
	} {
		f, err := m.column(row, want.name, want.field, "gormstore.ClientBase")
		if err != nil {
			return nil, err
		}
		*want.found = f
	}
	return c, nil
}

// has reports whether f is one of them.
func (c *clientColumns) has(f *schema.Field) bool {
	return c != nil && (f == c.clientIP || f == c.userAgent || f == c.createdAt || f == c.lastSeen)
}

// fillClient sets the columns of a ClientBase and reports whether there was a
// request to set them from.
func fillClient(ctx context.Context, row any, now time.Time) bool {
	m, ok := row.(clientModel)
	if !ok {
		return false
	}
	b := m.clientBase()
	b.CreatedAt = DateTimeOf(now)
	b.LastSeen = b.CreatedAt
	client, ok := core.ClientInfoFrom(ctx)
	if ok {
		b.UserAgent = asciiHeader(client.UserAgent)
		if client.IP.IsValid() {
			b.ClientIP = client.IP.String()
		}
	}
	return ok
}

// maxUserAgent is the width of user_agent.
const maxUserAgent = 255

// asciiHeader is a header as a column of any character set takes it.
func asciiHeader(text string) string {
	var b strings.Builder
	for _, r := range text {
		if b.Len() == maxUserAgent {
			break
		}
		if r < ' ' || r > '~' {
			r = '?'
		}
		_ = b.WriteByte(byte(r))
	}
	return b.String()
}
