package resources

import (
	"math"
	"runtime"
	"sync"

	"tsmount/internal/strictjson"
)

// The kinds of limits on concurrency. Their resource is a *Limiter.
const (
	DataCopyConcurrency    = "data_copy_concurrency"
	FileIOConcurrency      = "file_io_concurrency"
	HTTPRequestConcurrency = "http_request_concurrency"
	S3RequestConcurrency   = "s3_request_concurrency"
	GCSRequestConcurrency  = "gcs_request_concurrency"
)

// sharedRequests is the shared limit on requests to one kind of server.
const sharedRequests = 32

// shared holds the limiters that "shared" means, one per kind and process.
var shared = map[string]func() *Limiter{
	DataCopyConcurrency:    sharedLimiter(DataCopyConcurrency, Processors),
	FileIOConcurrency:      sharedLimiter(FileIOConcurrency, func() int { return max(4, Processors()) }),
	HTTPRequestConcurrency: sharedLimiter(HTTPRequestConcurrency, func() int { return sharedRequests }),
	S3RequestConcurrency:   sharedLimiter(S3RequestConcurrency, func() int { return sharedRequests }),
	GCSRequestConcurrency:  sharedLimiter(GCSRequestConcurrency, func() int { return sharedRequests }),
}

func sharedLimiter(name string, limit func() int) func() *Limiter {
	return sync.OnceValue(func() *Limiter { return NewLimiter(name, limit()) })
}

// available is GOMAXPROCS as the program found it: a daemon raises it beyond the
// number of processors.
var available = runtime.GOMAXPROCS(0)

// Processors is how many threads may compute at a time: what the machine has, or
// less where a container or the environment's GOMAXPROCS allows less.
func Processors() int { return available }

// concurrency is the configuration of a limit; 0 is "shared".
type concurrency uint64

var concurrencySyntax = Syntax[concurrency]{
	Parse: func(v strictjson.Value, _ *Kinds) (c concurrency, err error) {
		o, err := v.Object()
		if err != nil {
			return 0, err
		}
		if err := o.Optional("limit", c.parse); err != nil {
			return 0, err
		}
		return c, o.Close()
	},
	JSON: func(c concurrency) any {
		if c == 0 {
			return map[string]any{}
		}
		return map[string]any{"limit": uint64(c)}
	},
}

func (c *concurrency) parse(v strictjson.Value) error {
	if s, err := v.Str(); err == nil && s == "shared" {
		*c = 0
		return nil
	}
	u, err := v.Uint()
	if err != nil || u == 0 {
		return v.Errorf(`expected a whole number of at least 1, or "shared", got %s`, v.Text())
	}
	*c = concurrency(u)
	return nil
}

// concurrencyKind returns the kind called name.
func concurrencyKind(name string) Kind {
	return NewKind(name, concurrencySyntax, func(_ *Resolver, c concurrency) (*Limiter, error) {
		if c == 0 {
			return shared[name](), nil
		}
		return NewLimiter(name, int(min(uint64(c), math.MaxInt))), nil
	})
}
