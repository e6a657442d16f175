package shard

import (
	"time"

	"tsmount/kvstore"
)

// SetLatency makes s believe that its base takes so long for a request.
func SetLatency(s kvstore.Store, d time.Duration) { s.(*store).merge.latency.Store(int64(d)) }
