package main

import (
	"slices"
	"strconv"
	"strings"
)

// userID is the ID in the form that the column gives it: an integer column finds 7
// for "07" too, but the row of that user in the store's table of users is called "7".
func (t *table) userID(id string) (string, error) {
	col, _ := t.column(t.user)
	if !isInteger(col.Type) {
		return id, nil
	}
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		return "", usageError("--user: the column %s holds integers (%s), and this is none", t.user, col.Type)
	}
	return strconv.FormatInt(n, 10), nil
}

// isInteger tells whether a column type is one: integer, bigint(20) unsigned, …
func isInteger(columnType string) bool {
	word, _, _ := strings.Cut(columnType, " ")
	word, _, _ = strings.Cut(word, "(")
	return slices.Contains([]string{"int", "integer", "bigint", "smallint", "tinyint", "mediumint"}, word)
}
