// Package promtest tests gormstore with GORM's Prometheus plugin. It is in a module of
// its own, and not in the workspace, because of what the plugin requires.
//
//	GOWORK=off go test ./...
package promtest
