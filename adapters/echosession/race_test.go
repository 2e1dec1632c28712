//go:build race

package echosession_test

// Under the race detector sync.Pool drops contexts at random.
func init() { raceDetector = true }
