package django

import "testing"

const byTheCompiler = "Store is an interface: a store without the method does not compile."

var baseRequirements = []requirement{
	{name: "test_create", says: "The base class's create() raises NotImplementedError.", verdict: notApplicable, why: byTheCompiler},
	{name: "test_delete", says: "The same for delete().", verdict: notApplicable, why: byTheCompiler},
	{name: "test_exists", says: "The same for exists().", verdict: notApplicable, why: "There is none to implement: Manager.Exists asks Store.Load."},
	{name: "test_load", says: "The same for load().", verdict: notApplicable, why: byTheCompiler},
	{name: "test_save", says: "The same for save().", verdict: notApplicable, why: "Store has Update in its place. " + byTheCompiler},
	{name: "test_test_cookie", says: "The test cookie is absent, worked once set, and is absent once deleted.", verdict: same, test: func(t *testing.T, st *site) {
		s := st.empty(t)
		if s.TestCookieWorked() {
			t.Error("TestCookieWorked of a new session: got true, want false")
		}
		s.SetTestCookie()
		save(t, s)
		s = st.reopen(t, s)
		if !s.TestCookieWorked() {
			t.Error("TestCookieWorked after SetTestCookie: got false, want true")
		}
		s.DeleteTestCookie()
		if s.TestCookieWorked() {
			t.Error("TestCookieWorked after DeleteTestCookie: got true, want false")
		}
	}},
	{name: "test_is_empty", says: "A new session is empty.", verdict: same, test: func(t *testing.T, st *site) {
		if s := st.empty(t); !s.IsEmpty() {
			t.Error("IsEmpty of a new session: got false, want true")
		}
		if s := st.reopen(t, st.stored(t)); s.IsEmpty() {
			t.Error("IsEmpty of one with a key: got true, want false")
		}
	}},
}
