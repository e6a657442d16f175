package cache

import "sync"

// crew counts goroutines. Other than those of a WaitGroup, its members may bring
// in others while somebody waits.
type crew struct {
	mu sync.Mutex // guards n
	n  int
	at sync.Cond // n has become 0
}

// Add counts n more.
func (c *crew) Add(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.n += n; c.n == 0 && c.at.L != nil {
		c.at.Broadcast()
	}
}

// Done counts one less.
func (c *crew) Done() { c.Add(-1) }

// Wait waits until there are none.
func (c *crew) Wait() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at.L = &c.mu
	for c.n > 0 {
		c.at.Wait()
	}
}
