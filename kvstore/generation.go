package kvstore

import "time"

// Generation names one stored value of one key. It is opaque; only equality
// means something. The empty Generation is "not specified".
type Generation string

// Absent is the generation of a key that does not exist. As WriteOptions.IfEqual
// it means "create only".
const Absent Generation = "\x00absent"

// Stamp says that Generation was current at Time.
type Stamp struct {
	Generation Generation
	Time       time.Time
}

// Fresh reports whether the stamp is good enough for bound.
func (s Stamp) Fresh(bound time.Time) bool { return !s.Time.Before(bound) }
