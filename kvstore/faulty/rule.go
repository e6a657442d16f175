package faulty

import (
	"strings"
	"time"
)

// Method is a set of methods of a store.
type Method uint8

// The methods that rules distinguish.
const (
	Read Method = 1 << iota
	Stat        // a Read with StatOnly
	Write
	Delete
	List

	// All is every method.
	All = Read | Stat | Write | Delete | List
)

// Rule says which calls fail and how. The zero Rule hits every call and does
// nothing.
type Rule struct {
	// Methods are the methods that the rule is for; zero is All.
	Methods Method
	// Key is a pattern in which "*" stands for any bytes, also "/"; empty is
	// every key. A listing has its prefix for a key.
	Key string
	// Skip is how many calls that fit pass before the rule hits.
	Skip int
	// Count is how many calls the rule hits; zero is all of them.
	Count int

	// Delay is waited for first; it ends early with the error of the context.
	Delay time.Duration
	// Gate, when set, is waited for next, until it is closed or yields a value.
	Gate <-chan struct{}
	// Do, when set, is called next, with the method and the key; its error is
	// that of the call.
	Do func(method Method, key string) error
	// Err is the error of the call.
	Err error
	// Late lets the call take effect before Err is returned; a listing yields
	// Entries entries first.
	Late bool
	// Entries is how many entries a listing that fails late yields before.
	Entries int
	// Cut is how many bytes are missing at the end of a value that is read.
	Cut int
}

// matches reports whether key fits pattern.
func matches(pattern, key string) bool {
	if pattern == "" {
		return true
	}
	parts := strings.Split(pattern, "*")
	first, last := parts[0], parts[len(parts)-1]
	if len(parts) == 1 {
		return key == pattern
	}
	if len(key) < len(first)+len(last) || !strings.HasPrefix(key, first) || !strings.HasSuffix(key, last) {
		return false
	}
	key = key[len(first) : len(key)-len(last)]
	for _, part := range parts[1 : len(parts)-1] {
		i := strings.Index(key, part)
		if i < 0 {
			return false
		}
		key = key[i+len(part):]
	}
	return true
}
