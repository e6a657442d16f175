package cache

// PoolStats counts what happened in one cache_pool since it was made.
type PoolStats struct {
	Limit     int64 `json:"total_bytes_limit"`
	Writeback int64 `json:"queued_for_writeback_bytes_limit"`
	Bytes     int64 `json:"bytes"`        // clean bytes that nobody uses
	InUse     int64 `json:"bytes_in_use"` // decoded bytes in use
	Entries   int   `json:"entries"`
	Hits      int64 `json:"hits"`
	Misses    int64 `json:"misses"`
	Loads     int64 `json:"loads"`     // values read and decoded, missing ones included
	Unchanged int64 `json:"unchanged"` // revalidations that moved the stamp only
	Missing   int64 `json:"missing"`   // loads that found no chunk
	Evictions int64 `json:"evictions"`
	Errors    int64 `json:"errors"`
	Dirty     int64 `json:"dirty_bytes"`  // written and not stored yet
	Queued    int64 `json:"queued_bytes"` // of these, in chunks that nobody uses
}

// Stats returns the counters of the pool.
func (p *Pool) Stats() PoolStats {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.stats
	s.Limit, s.Writeback, s.Bytes, s.InUse = p.limit, p.writeback, p.bytes, p.inUse
	s.Entries = p.idle.Len() + p.missing.Len()
	s.Dirty, s.Queued = p.dirty, p.queued
	return s
}

// Stats counts what an engine holds and did.
type Stats struct {
	Arrays         int   `json:"open_arrays"`
	InUseBytes     int64 `json:"in_use_bytes"` // kept in use by open files
	InUsePeak      int64 `json:"in_use_peak"`
	InUseLimit     int64 `json:"in_use_limit"`
	TransientBytes int64 `json:"transient_bytes"` // reserved for loads under way
	TransientPeak  int64 `json:"transient_peak"`
	TransientLimit int64 `json:"transient_limit"`
	Unpinned       int64 `json:"unpinned"` // chunks used without being kept: the in-use limit was reached
	Decodes        int64 `json:"decodes"`
	DecodedBytes   int64 `json:"decoded_bytes"`
	EncodedBytes   int64 `json:"encoded_bytes"`
	Stores         int64 `json:"stores"` // chunks stored or deleted
	Merges         int64 `json:"merges"` // rounds in which somebody else had changed a chunk meanwhile
	Lost           int64 `json:"lost"`   // written chunks whose array was gone
}

// Stats returns the counters of the engine.
func (e *Engine) Stats() Stats {
	e.mu.Lock()
	arrays := len(e.open)
	e.mu.Unlock()
	s := Stats{Arrays: arrays, InUseLimit: e.inUse.limit, TransientLimit: e.transient.limit}
	s.InUseBytes, s.InUsePeak = e.inUse.used()
	s.TransientBytes, s.TransientPeak = e.transient.used()
	s.Unpinned = e.unpinned.Load()
	s.Stores, s.Merges, s.Lost = e.stores.Load(), e.merges.Load(), e.lost.Load()
	s.Decodes, s.DecodedBytes, s.EncodedBytes = e.decodes.Load(), e.decodedBytes.Load(), e.encodedBytes.Load()
	return s
}
