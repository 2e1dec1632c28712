//go:build nightly && race

package clearload

func init() { raceDetector = true }
