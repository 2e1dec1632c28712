// Package exampletest checks that the examples do what their README says: through
// their handlers, and as programs on real databases.
package exampletest
