package kvstore_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"tsmount/kvstore"
	"tsmount/kvstore/faulty"
	"tsmount/kvstore/memory"
)

var policy = kvstore.RetryPolicy{MaxRetries: 3, InitialDelay: time.Second, MaxDelay: 3 * time.Second}

var errTemporary = fmt.Errorf("%w: the server is busy", kvstore.ErrTemporary)

// retried returns a store behind Retry whose first calls fail.
func retried(rules ...faulty.Rule) (kvstore.Store, *faulty.Store) {
	base := memory.New()
	for i := range 6 {
		base.Preload(map[string][]byte{fmt.Sprintf("k%d", i): []byte("v"), fmt.Sprintf("d%d/x", i): nil, fmt.Sprintf("d%d/y", i): nil})
	}
	f := faulty.New(base, rules...)
	return kvstore.Retry(f, policy), f
}

func TestRetrySucceeds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, f := retried(faulty.Rule{Methods: faulty.Read, Count: 2, Err: errTemporary})
		start := time.Now()
		res, err := s.Read(t.Context(), "k1", kvstore.ReadOptions{})
		if err != nil || string(res.Value) != "v" || f.Calls(faulty.Read) != 3 {
			t.Errorf("got %+v, %v after %d calls", res, err, f.Calls(faulty.Read))
		}
		// Delays of 1 s and 2 s, with up to 1 s of jitter each, at most 3 s.
		if d := time.Since(start); d < 3*time.Second || d > 5*time.Second {
			t.Errorf("it took %v, want 3 s to 5 s", d)
		}
	})
}

func TestRetryGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, f := retried(faulty.Rule{Err: errTemporary})
		_, err := s.Write(t.Context(), "k1", nil, kvstore.WriteOptions{})
		if !errors.Is(err, kvstore.ErrTemporary) || f.Calls(faulty.Write) != 4 {
			t.Errorf("got %v after %d calls, want ErrTemporary after 4", err, f.Calls(faulty.Write))
		}
	})
}

func TestRetryOnlyTemporary(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, f := retried(faulty.Rule{Err: kvstore.ErrMismatch})
		start := time.Now()
		_, err := s.Delete(t.Context(), "k1", kvstore.WriteOptions{})
		if !errors.Is(err, kvstore.ErrMismatch) || f.Calls(faulty.Delete) != 1 || time.Since(start) != 0 {
			t.Errorf("got %v after %d calls and %v", err, f.Calls(faulty.Delete), time.Since(start))
		}
	})
}

// The wait ends with the context, at once.
func TestRetryHonoursContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := retried(faulty.Rule{Err: errTemporary})
		ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
		defer cancel()
		start := time.Now()
		_, err := s.Read(ctx, "k1", kvstore.ReadOptions{})
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != 1500*time.Millisecond {
			t.Errorf("got %v after %v", err, time.Since(start))
		}
	})
}

// A listing that breaks off goes on where it was, without a gap or a repetition.
func TestRetryList(t *testing.T) {
	for _, opt := range []kvstore.ListOptions{{}, {Delimiter: true}, {Prefix: "d"}, {After: "d3/x"}, {After: "d3/x", Delimiter: true}} {
		synctest.Test(t, func(t *testing.T) {
			var rules []faulty.Rule
			for i := range 3 {
				rules = append(rules, faulty.Rule{Methods: faulty.List, Skip: i, Count: 1, Err: errTemporary, Late: true, Entries: i + 1})
			}
			s, f := retried(rules...)
			got := keys(t, s, opt)
			f.Clear()
			if want := keys(t, s, opt); !slices.Equal(got, want) {
				t.Errorf("%+v:\ngot  %q\nwant %q", opt, got, want)
			}
		})
	}
}

func keys(t *testing.T, s kvstore.Store, opt kvstore.ListOptions) []string {
	t.Helper()
	var got []string
	for e, err := range s.List(t.Context(), opt) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, e.Key)
	}
	return got
}

// Of a batch only what failed for the moment is tried again.
func TestRetryBatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, f := retried(
			faulty.Rule{Key: "k1", Count: 2, Err: errTemporary},
			faulty.Rule{Key: "k2", Err: kvstore.ErrMismatch},
			faulty.Rule{Key: "k3", Err: errTemporary},
		)
		results, err := kvstore.WriteBatch(t.Context(), s, []kvstore.Put{
			{Key: "k0", Value: []byte("new")}, {Key: "k1", Value: []byte("new")}, {Key: "k2", Value: []byte("new")}, {Key: "k3"},
		})
		if err != nil || results[0].Err != nil || results[1].Err != nil ||
			!errors.Is(results[2].Err, kvstore.ErrMismatch) || !errors.Is(results[3].Err, kvstore.ErrTemporary) {
			t.Errorf("got %+v, %v", results, err)
		}
		if got := f.Calls(faulty.Write); got != 1+3+1 {
			t.Errorf("got %d writes, want 5", got)
		}
	})
}
