package exampletest

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/djinn-go/djinn/gormstore"
)

// DevicesTable looks at what the page makes of rows that have been there for long,
// and of many.
func DevicesTable(t *testing.T, build Build) {
	base, db := StartDevices(t, build)
	laptop, phone := device(t, base, firefoxLinux), device(t, base, safariPhone)
	for _, c := range []*client{laptop, phone} {
		c.signIn("aladdin", devicePasswords["aladdin"])
	}
	SeenBefore(t, db, safariPhone, 3*time.Hour+time.Minute)
	laptop.wantText(laptop.get("/"), "last seen 3 hours ago", ">3 hours ago</time>")
	phone.wantStatus(phone.get("/login"), http.StatusSeeOther) // it is signed in; that changes nothing, and is seen
	laptop.wantText(laptop.get("/"), "last seen just now")

	SeenBefore(t, db, safariPhone, time.Minute) // or it is too soon to write again
	phone.from("127.0.0.2")                     // as a phone that changes networks
	phone.wantSignedIn("aladdin")
	laptop.wantText(laptop.get("/"), "<dd>127.0.0.2</dd>")

	manyDevices(t, db, 60)
	a := laptop.get("/")
	laptop.wantText(a, "open in 62 browsers", "And 11 more, which were seen before these", "robot 1.", "robot 49.")
	if strings.Contains(a.body, "robot 50.") {
		t.Error("the page lists more than 50 other devices")
	}
	laptop.wantStatus(laptop.form("/devices/sign-out-others", nil), http.StatusSeeOther)
	laptop.wantText(laptop.get("/"), "and nowhere else")
}

// SeenBefore makes the sessions of a User-Agent look as if they had been seen last
// that long ago, and signed in a day before.
func SeenBefore(t testing.TB, db *gorm.DB, agent string, ago time.Duration) {
	t.Helper()
	seen := time.Now().Add(-ago)
	res := db.Exec("UPDATE device_session SET last_seen = ?, created_at = ? WHERE user_agent = ?",
		gormstore.DateTimeOf(seen), gormstore.DateTimeOf(seen.Add(-24*time.Hour)), agent)
	if res.Error != nil || res.RowsAffected == 0 {
		t.Fatalf("moving last_seen: %v, %d rows", res.Error, res.RowsAffected)
	}
}

// manyDevices adds n sessions of the first account.
func manyDevices(t *testing.T, db *gorm.DB, n int) {
	t.Helper()
	now := time.Now()
	rows := make([]map[string]any, n)
	for i := range rows {
		seen := gormstore.DateTimeOf(now.Add(-time.Duration(i+1) * time.Minute))
		rows[i] = map[string]any{
			"session_key": fmt.Sprintf("%032d", i), "session_data": "none", "expire_date": gormstore.DateTimeOf(now.Add(time.Hour)),
			"user_agent": fmt.Sprintf("robot %d.", i+1), "created_at": seen, "last_seen": seen, "account_id": 1,
		}
	}
	if err := db.Table("device_session").Create(rows).Error; err != nil {
		t.Fatal(err)
	}
}
