//go:build race

package clearload

func init() { raceDetector = true }
