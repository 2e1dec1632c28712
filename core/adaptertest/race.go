//go:build race

package adaptertest

// raceDetector: the race detector makes pools forget at random, so that allocations
// are not to be counted.
const raceDetector = true
