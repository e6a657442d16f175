package faulty_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"tsmount/kvstore"
	"tsmount/kvstore/faulty"
	"tsmount/kvstore/memory"
)

var errTest = errors.New("test")

func readValue(s kvstore.Store, key string) (string, error) {
	res, err := s.Read(context.Background(), key, kvstore.ReadOptions{})
	return string(res.Value), err
}

func stored(rules ...faulty.Rule) (*faulty.Store, *memory.Store) {
	base := memory.New()
	base.Preload(map[string][]byte{"a": []byte("value"), "c/0/1": []byte("chunk")})
	return faulty.New(base, rules...), base
}

// A rule hits by method, key and number.
func TestSelection(t *testing.T) {
	s, _ := stored(faulty.Rule{Methods: faulty.Read | faulty.Write, Key: "c/*", Skip: 1, Count: 2, Err: errTest})
	for i, want := range []error{nil, errTest, errTest, nil, nil} {
		if _, err := readValue(s, "a"); err != nil {
			t.Errorf("another key: %v", err)
		}
		if _, err := s.Read(t.Context(), "c/0/1", kvstore.ReadOptions{StatOnly: true}); err != nil {
			t.Errorf("another method: %v", err)
		}
		if _, err := readValue(s, "c/0/1"); !errors.Is(err, want) {
			t.Errorf("call %d: got error %v, want %v", i, err, want)
		}
	}
	if s.Calls(faulty.Read) != 10 || s.Calls(faulty.Stat) != 5 || s.Calls(faulty.All) != 15 {
		t.Errorf("got %d reads, %d stats", s.Calls(faulty.Read), s.Calls(faulty.Stat))
	}
}

// Patterns: "*" stands for any bytes.
func TestPatterns(t *testing.T) {
	for pattern, keys := range map[string]struct{ yes, no []string }{
		"":      {[]string{"a", "c/0/1"}, nil},
		"a":     {[]string{"a"}, []string{"c/0/1"}},
		"*":     {[]string{"a", "c/0/1"}, nil},
		"c*":    {[]string{"c/0/1"}, []string{"a"}},
		"*/1":   {[]string{"c/0/1"}, []string{"a"}},
		"c*0*1": {[]string{"c/0/1"}, []string{"a"}},
		"c*1*1": {nil, []string{"a", "c/0/1"}},
		"c*2*":  {nil, []string{"a", "c/0/1"}},
	} {
		s, _ := stored(faulty.Rule{Key: pattern, Err: errTest})
		for _, key := range keys.yes {
			if _, err := readValue(s, key); !errors.Is(err, errTest) {
				t.Errorf("%q does not fit %q", key, pattern)
			}
		}
		for _, key := range keys.no {
			if _, err := readValue(s, key); err != nil {
				t.Errorf("%q fits %q", key, pattern)
			}
		}
	}
}

// A late error comes after the call took effect, an early one instead of it.
func TestLate(t *testing.T) {
	s, base := stored(faulty.Rule{Methods: faulty.Write, Count: 1, Err: errTest}, faulty.Rule{Methods: faulty.Write, Err: errTest, Late: true})
	for _, want := range []string{"value", "new"} {
		if _, err := s.Write(t.Context(), "a", []byte("new"), kvstore.WriteOptions{}); !errors.Is(err, errTest) {
			t.Errorf("got error %v", err)
		}
		if got, _ := readValue(base, "a"); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestCutAndDo(t *testing.T) {
	calls := ""
	s, _ := stored(faulty.Rule{Cut: 2, Do: func(_ faulty.Method, key string) error {
		calls += key
		return nil
	}})
	if got, err := readValue(s, "a"); err != nil || got != "val" || calls != "a" {
		t.Errorf("got %q, %v, calls %q", got, err, calls)
	}
}

// Delays and gates end with the context.
func TestWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := make(chan struct{})
		s, _ := stored(faulty.Rule{Key: "a", Delay: time.Hour, Gate: gate}, faulty.Rule{Methods: faulty.List, Delay: time.Minute})
		start := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if _, err := s.Read(ctx, "a", kvstore.ReadOptions{}); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != time.Minute {
			t.Errorf("got %v after %v", err, time.Since(start))
		}
		go func() {
			time.Sleep(2 * time.Hour)
			close(gate)
		}()
		if got, err := readValue(s, "a"); err != nil || got != "value" || time.Since(start) != time.Minute+2*time.Hour {
			t.Errorf("got %q, %v after %v", got, err, time.Since(start))
		}
		n := 0
		for range s.List(t.Context(), kvstore.ListOptions{}) {
			n++
		}
		if n != 2 {
			t.Errorf("listed %d keys", n)
		}
	})
}

func TestListFailsLate(t *testing.T) {
	s, _ := stored(faulty.Rule{Methods: faulty.List, Err: errTest, Late: true, Entries: 1})
	n := 0
	var last error
	for _, err := range s.List(t.Context(), kvstore.ListOptions{}) {
		if last = err; err == nil {
			n++
		}
	}
	if n != 1 || !errors.Is(last, errTest) {
		t.Errorf("got %d entries and error %v", n, last)
	}
}
