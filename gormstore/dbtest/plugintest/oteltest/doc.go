// Package oteltest tests gormstore with GORM's OpenTelemetry plugin, whose spans
// must not have session keys in them. It is in a module of its own, which is not in the
// workspace, because the plugin requires a hundred other modules.
//
//	GOWORK=off go test ./...
package oteltest
