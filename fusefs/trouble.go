package fusefs

import (
	"log/slog"
	"maps"
	"sync"
	"time"
)

const (
	// troubleBurst lines are logged at once, then one per troublePause.
	troubleBurst = 20
	troublePause = time.Second
	// repeatPause is how long the same trouble of the same path is not logged
	// again.
	repeatPause = time.Minute
	maxTroubles = 1024
)

// troubles logs failed requests at a bounded rate and counts all of them.
type troubles struct {
	log *slog.Logger

	mu         sync.Mutex // guards all below
	counts     map[string]int64
	seen       map[string]time.Time // op, path and text, by when they were logged
	allowance  float64
	last       time.Time
	suppressed int64
}

func newTroubles(log *slog.Logger) *troubles {
	return &troubles{log: log, counts: map[string]int64{}, seen: map[string]time.Time{}, allowance: troubleBurst, last: time.Now()}
}

// report counts a failed request and logs it with the whole chain.
func (t *troubles) report(op, path, errno string, err error) {
	suppressed, ok := t.admit(errno, op+"\x00"+path+"\x00"+err.Error())
	if !ok {
		return
	}
	attrs := []any{"op", op, "path", path, "errno", errno, "err", err}
	if suppressed > 0 {
		attrs = append(attrs, "not_logged_before", suppressed)
	}
	t.log.Error("request failed", attrs...)
}

// admit counts a failure and says whether it is logged.
func (t *troubles) admit(errno, key string) (suppressed int64, ok bool) {
	now := time.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	t.counts[errno]++
	t.allowance = min(troubleBurst, t.allowance+float64(now.Sub(t.last))/float64(troublePause))
	t.last = now
	if at, seen := t.seen[key]; seen && now.Sub(at) < repeatPause || t.allowance < 1 {
		t.suppressed++
		return 0, false
	}
	t.allowance--
	if len(t.seen) >= maxTroubles {
		clear(t.seen)
	}
	t.seen[key] = now
	suppressed, t.suppressed = t.suppressed, 0
	return suppressed, true
}

// count returns how many requests failed, by the text of their errno.
func (t *troubles) count() map[string]int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return maps.Clone(t.counts)
}
