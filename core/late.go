package core

import "context"

// commitLate saves what changed after the response had begun. What cannot be saved
// is reported and dropped. Called with mu held.
func (s *Session) commitLate() error {
	ctx, cancel := s.m.deadline(context.WithoutCancel(s.ctx))
	defer cancel()
	if err := s.deleteDoomed(ctx); err != nil || !s.pending {
		return err
	}
	switch {
	case s.err != nil:
		s.m.reject(ctx, "changes were dropped because the session could not be loaded, encoded or saved", s.err)
	case s.status >= 500:
		s.m.reject(ctx, "changes were dropped because the response is an error", nil)
	default:
		_, err := s.saveLate(ctx)
		return err // what was lost has been reported, and the response goes on
	}
	s.drop()
	return nil
}

// saveLate saves when no cookie can be sent any more, which works only for a
// session that the browser knows, and returns why the changes are lost if they are.
func (s *Session) saveLate(ctx context.Context) (lost string, err error) {
	if err := s.deleteDoomed(ctx); err != nil || !s.pending {
		return "", err
	}
	if !s.loaded || s.stale { // whether the key lives is not known yet
		if err := s.refresh(ctx); err != nil {
			return "", s.failSave(err)
		}
	}
	switch {
	case s.rotate:
		lost = "CycleKey and the changes with it were dropped: the new key"
	case !s.isEmpty() && (s.key == "" || s.key != s.known):
		lost = "changes were dropped: the cookie of a new session"
	default:
		if err := s.save(ctx); err != nil {
			return "", err
		}
		if s.key == "" || s.key == s.known {
			return "", nil
		}
		lost = "changes are lost: the session is kept in the cookie, which"
	}
	lost += " cannot reach the browser any more: change the session before the first byte is written"
	s.m.reject(ctx, lost, nil)
	s.drop()
	return lost, nil
}
