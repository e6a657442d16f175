package kvstore

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"time"

	"tsmount/resources"
)

// RetryPolicy says how often and how soon a temporary failure is tried again:
// the resource of the kinds of request retries, put to use. The delay doubles
// each time; a random part of up to InitialDelay (at most 1 s) is added.
type RetryPolicy resources.Retries

// delay returns the wait before retry number n, which counts from 0.
func (p RetryPolicy) delay(n int) time.Duration {
	d := p.InitialDelay
	for range n {
		if d >= p.MaxDelay/2 {
			d = p.MaxDelay
			break
		}
		d *= 2
	}
	if jitter := min(time.Second, p.InitialDelay); jitter > 0 {
		d += rand.N(jitter)
	}
	return min(d, p.MaxDelay)
}

// Do calls try until it returns something else than ErrTemporary, the retries
// are used up, or ctx ends.
func (p RetryPolicy) Do(ctx context.Context, try func() error) error {
	for n := 0; ; n++ {
		err := try()
		if !errors.Is(err, ErrTemporary) || ctx.Err() != nil {
			return err
		}
		if int64(n) >= p.MaxRetries {
			return fmt.Errorf("gave up after %d tries: %w", n+1, err)
		}
		if !sleep(ctx, p.delay(n)) {
			return fmt.Errorf("%w while waiting to try again after: %w", ctx.Err(), err)
		}
	}
}

// sleep reports whether d has passed before ctx ended.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// Retry returns store with every request repeated under policy while it fails
// with ErrTemporary. A listing goes on behind the last entry it has yielded.
//
// A conditional write whose first try took effect although its answer was lost
// ends in ErrMismatch: whether the value there is the caller's own cannot be
// told without a wrong guess now and then, so the caller reads and decides.
func Retry(store Store, policy RetryPolicy) Store {
	return &retrying{base: store, policy: policy}
}

type retrying struct {
	base   Store
	policy RetryPolicy
}

var (
	_ Store       = (*retrying)(nil)
	_ BatchWriter = (*retrying)(nil)
	_ Writability = (*retrying)(nil)
)

func (r *retrying) Read(ctx context.Context, key string, opt ReadOptions) (res ReadResult, err error) {
	err = r.policy.Do(ctx, func() error {
		res, err = r.base.Read(ctx, key, opt)
		return err
	})
	return res, err
}

func (r *retrying) Write(ctx context.Context, key string, value []byte, opt WriteOptions) (s Stamp, err error) {
	err = r.policy.Do(ctx, func() error {
		s, err = r.base.Write(ctx, key, value, opt)
		return err
	})
	return s, err
}

func (r *retrying) Delete(ctx context.Context, key string, opt WriteOptions) (s Stamp, err error) {
	err = r.policy.Do(ctx, func() error {
		s, err = r.base.Delete(ctx, key, opt)
		return err
	})
	return s, err
}

func (r *retrying) List(ctx context.Context, opt ListOptions) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		var last *Entry
		stopped := false
		err := r.policy.Do(ctx, func() error {
			for e, err := range r.base.List(ctx, resume(opt, last)) {
				if err != nil {
					return err
				}
				if last != nil && last.Dir && e.Dir && e.Key == last.Key {
					continue
				}
				if last = &e; !yield(e, nil) {
					stopped = true
					return nil
				}
			}
			return nil
		})
		if err != nil && !stopped {
			yield(Entry{}, err)
		}
	}
}

// resume returns the options for what comes after last. More keys of a level
// that has been yielded may follow; List leaves them out.
func resume(opt ListOptions, last *Entry) ListOptions {
	if last == nil {
		return opt
	}
	opt.After = last.Key
	if last.Dir {
		opt.After += "/"
	}
	return opt
}

// WriteBatch repeats the whole request if it fails as a whole; of single puts
// it repeats those that failed for the moment.
func (r *retrying) WriteBatch(ctx context.Context, puts []Put) ([]PutResult, error) {
	results := make([]PutResult, len(puts))
	rest := make([]int, len(puts))
	for i := range rest {
		rest[i] = i
	}
	err := r.policy.Do(ctx, func() error {
		part := make([]Put, len(rest))
		for i, at := range rest {
			part[i] = puts[at]
		}
		got, err := WriteBatch(ctx, r.base, part)
		if err != nil {
			return err
		}
		var failed []int
		for i, at := range rest {
			if results[at] = got[i]; errors.Is(got[i].Err, ErrTemporary) {
				failed, err = append(failed, at), got[i].Err
			}
		}
		rest = failed
		return err
	})
	if errors.Is(err, ErrTemporary) && len(rest) < len(puts) {
		return results, nil // each result says how its put ended
	}
	return results, err
}

func (r *retrying) Writable() error { return Writable(r.base) }

// Identity is that of the base: retries change no value and no right.
func (r *retrying) Identity() string { return r.base.Identity() }

func (r *retrying) Location(key string) string { return r.base.Location(key) }
