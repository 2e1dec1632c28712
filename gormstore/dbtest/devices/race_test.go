//go:build race

package devices

func init() { raceDetector = true }
