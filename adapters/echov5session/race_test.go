//go:build race

package echov5session_test

// Under the race detector sync.Pool drops contexts at random.
func init() { raceDetector = true }
