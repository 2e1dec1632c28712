package storetest

import (
	"errors"
	"time"

	"github.com/djinn-go/djinn/core"
)

// A store whose Touch or Rotate answers errors.ErrUnsupported declares that it has no
// such ability, and the engine does the same by other calls.
var unsupportedCases = []testCase{
	{
		name:  "unsupported/touch",
		law:   8,
		why:   "the engine updates instead, on a record that must be as it was",
		needs: needsNoTouch,
		run:   unsupportedTouch,
	},
	{
		name:  "unsupported/rotate",
		law:   9,
		why:   "the engine creates the new record itself, and half a rotation before that leaves two keys or none",
		needs: needsNoRotate,
		run:   unsupportedRotate,
	},
}

func unsupportedTouch(e *env) {
	expires := in(time.Hour)
	key := e.create(`{"a":1}`, expires)
	err := e.store.(core.Toucher).Touch(e.ctx, e.record(key, `{"late":1}`, in(2*time.Hour), ""))
	e.wantError("Touch, which is unsupported for an unknown key, of a record", err, errors.ErrUnsupported)
	e.at("after Touch that is unsupported").wantRecord(key, `{"a":1}`, expires)
}

func unsupportedRotate(e *env) {
	expires := in(time.Hour)
	key, fresh := e.create(`{"a":1}`, expires), core.NewSessionKey()
	_, err := e.store.(core.Rotator).Rotate(e.ctx, key, e.record(fresh, `{"late":1}`, in(2*time.Hour), ""))
	e.wantError("Rotate, which is unsupported for an unknown key, of a record", err, errors.ErrUnsupported)
	after := e.at("after Rotate that is unsupported")
	after.wantRecord(key, `{"a":1}`, expires)
	after.at("the new key").wantAbsent(fresh)
}
