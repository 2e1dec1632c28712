package gormstore

// Why RevokeUser is final against a log-in on another node.
//
// A revocation records its moment R in the user's row of the table of users; a log-in
// looks there before it saves. Both hold the lock of that row until they commit, so one
// comes first. If the log-in does, the revocation finds its session and removes it. If
// the revocation does, the log-in sees R, and must be refused if its request began, at
// B, before R: the password that it has checked may be the old one.
//
// R is a moment by the clock of the database and B one by the clock of this process.
// Two clocks do not compare, but what has passed since does: a stretch of time is as
// long for both. So the log-in asks three times, one after the other, how long ago
// something was:
//
//	          B                R                 1      2      3
//	──────────●────────────────●─────────────────●──────●──────●────▶ time
//	          ├──────────── least ───────────────┤      │      │   1: since B, here
//	          │                ├────────── ago ─────────┤      │   2: since R, in the database
//	          ├──────────────────── most ──────────────────────┤   3: since B, here
//
// Were B known to the database, the second question would find it "age" ago, with
//
//	least ≤ age ≤ most
//
// because the second question was answered between the first and the third. Hence
//
//	ago < least  ⇒  ago < age  ⇒  R is after B: refuse
//	ago > most   ⇒  ago > age  ⇒  R is before B: let in
//
// In between nothing is proved, and the questions are asked again: ago, least and most
// grow alike, but most − least is one round trip, and differs each time. A log-in that
// has never had an answer is refused.
//
// It assumes that both clocks run at the same speed within a request, not that they
// show the same time. A clock of the database that is set back between the two makes R
// lie in the future, which counts as no revocation beyond maxClockStep.

import (
	"context"
	"time"

	"gorm.io/gorm"

	"github.com/djinn-go/djinn/core"
)

// userRow is the row of one user in the table of users.
type userRow struct {
	*database
	userKey
}

// userKey stands for a user in core.SinceRequestBegan.
type userKey struct{ table, id string }

// recordRevocation records that all sessions of the user end now, by the clock of
// the database, which all nodes share; on SQLite, by that of this machine. The caller
// holds the user's lock, so that a later moment is never overwritten by an earlier one.
func (u userRow) recordRevocation(db *gorm.DB) error {
	insert := "INSERT INTO " + db.Statement.Quote(u.table) + " (user_id, revoked_at) "
	switch u.dialect {
	case mysql:
		return db.Exec(insert+"VALUES (?, UTC_TIMESTAMP(6)) ON DUPLICATE KEY UPDATE revoked_at = UTC_TIMESTAMP(6)", u.id).Error
	case postgres:
		return db.Exec(insert+"VALUES (?, clock_timestamp()) ON CONFLICT (user_id) DO UPDATE SET revoked_at = clock_timestamp()", u.id).Error
	default:
		return db.Exec(insert+"VALUES (?, ?) ON CONFLICT (user_id) DO UPDATE SET revoked_at = excluded.revoked_at",
			u.id, u.dialect.time(time.Now())).Error
	}
}

// maxClockReads bounds how often checkRevoked asks for the time.
const maxClockReads = 20

// maxClockStep is how far in the future a revocation may lie. One further off was recorded
// by a clock that has been set back since, and would keep the user out until then.
const maxClockStep = time.Minute

// order is how a request stands to the last revocation, as far as it can be told.
type order int

const (
	undecided    order = iota // the two are too close together
	requestOlder              // it began before the revocation
	requestNewer              // it began after the revocation, or there was none
)

// checkRevoked refuses a log-in whose request began before the user's sessions were
// revoked last, with core.ErrNotFound. If the order stays undecided the answer is no.
func (u userRow) checkRevoked(ctx context.Context, db *gorm.DB) error {
	if _, ok := core.SinceRequestBegan(ctx, u.userKey); !ok {
		return nil
	}
	for range maxClockReads {
		switch order, err := u.compareWithRevocation(ctx, db); {
		case err != nil:
			return err
		case order == requestNewer:
			return nil
		case order == requestOlder:
			return core.ErrNotFound
		}
	}
	return core.ErrNotFound
}

// compareWithRevocation reads the three ages of the proof above.
func (u userRow) compareWithRevocation(ctx context.Context, db *gorm.DB) (order, error) {
	least, _ := core.SinceRequestBegan(ctx, u.userKey)
	revoked, ago, err := u.revokedAgo(db)
	if err != nil {
		return undecided, err
	}
	most, _ := core.SinceRequestBegan(ctx, u.userKey)
	switch {
	case !revoked, ago > most, ago < -maxClockStep:
		return requestNewer, nil
	case ago < least:
		return requestOlder, nil
	default:
		return undecided, nil
	}
}

// revokedAgo returns how long ago the user's sessions were revoked last, if ever.
func (u userRow) revokedAgo(db *gorm.DB) (revoked bool, ago time.Duration, err error) {
	column := map[dialect]string{
		mysql:    "TIMESTAMPDIFF(MICROSECOND, revoked_at, UTC_TIMESTAMP(6))",
		postgres: "(EXTRACT(EPOCH FROM clock_timestamp() - revoked_at) * 1000000)::bigint",
		sqlite:   "CAST(revoked_at AS TEXT)",
	}[u.dialect]
	rows, err := u.current(db).Table(u.table).Select(column).Where("user_id = ? AND revoked_at IS NOT NULL", u.id).Rows()
	if err != nil {
		return false, 0, err
	}
	defer rows.Close()
	if !rows.Next() {
		return false, 0, rows.Err()
	}
	if u.dialect == sqlite {
		var at DateTime
		err = rows.Scan(&at)
		return true, time.Since(at.Time), err
	}
	var micros int64
	err = rows.Scan(&micros)
	return true, time.Duration(micros) * time.Microsecond, err
}
