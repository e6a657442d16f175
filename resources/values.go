package resources

import (
	"time"

	"tsmount/internal/strictjson"
)

// The kinds that are nothing but configuration. Their resources are a FileSync,
// a FileLocking and Retries.
const (
	FileIOSync         = "file_io_sync"
	FileIOLocking      = "file_io_locking"
	HTTPRequestRetries = "http_request_retries"
	S3RequestRetries   = "s3_request_retries"
	GCSRequestRetries  = "gcs_request_retries"
)

// Standard returns the kinds of this package, for NewKinds.
func Standard() []Kind {
	return []Kind{
		concurrencyKind(DataCopyConcurrency),
		concurrencyKind(FileIOConcurrency),
		concurrencyKind(HTTPRequestConcurrency),
		concurrencyKind(S3RequestConcurrency),
		concurrencyKind(GCSRequestConcurrency),
		NewValueKind(FileIOSync, fileSyncSyntax),
		NewValueKind(FileIOLocking, fileLockingSyntax),
		NewValueKind(HTTPRequestRetries, retriesSyntax),
		NewValueKind(S3RequestRetries, retriesSyntax),
		NewValueKind(GCSRequestRetries, retriesSyntax),
	}
}

// FileSync tells whether files and directories are fsynced after a write.
type FileSync bool

var fileSyncSyntax = Syntax[FileSync]{
	Default: true,
	Parse: func(v strictjson.Value, _ *Kinds) (FileSync, error) {
		b, err := v.Bool()
		return FileSync(b), err
	},
	JSON: func(s FileSync) any { return bool(s) },
}

// LockMode is how a file store keeps other writers out while it writes.
type LockMode string

// The lock modes. The texts are those of the JSON.
const (
	LockOS        LockMode = "os"         // lock a lock file with the operating system's means
	LockFile      LockMode = "lockfile"   // the existence of the lock file is the lock
	LockNone      LockMode = "none"       // no lock; still write beside and rename
	LockNonAtomic LockMode = "non_atomic" // no lock; write in place
)

// FileLocking is the resource of kind file_io_locking.
type FileLocking struct {
	Mode           LockMode
	AcquireTimeout time.Duration // how long LockFile waits for the lock
}

var defaultFileLocking = FileLocking{Mode: LockOS, AcquireTimeout: 60 * time.Second}

var fileLockingSyntax = Syntax[FileLocking]{
	Default: defaultFileLocking,
	Parse: func(v strictjson.Value, _ *Kinds) (FileLocking, error) {
		l := defaultFileLocking
		o, err := v.Object()
		if err != nil {
			return l, err
		}
		if err := o.Optional("mode", l.Mode.parse); err != nil {
			return l, err
		}
		if err := o.Optional("acquire_timeout", intoDuration(&l.AcquireTimeout)); err != nil {
			return l, err
		}
		return l, o.Close()
	},
	JSON: func(l FileLocking) any {
		m := map[string]any{}
		putChanged(m, "mode", string(l.Mode), string(defaultFileLocking.Mode))
		putChanged(m, "acquire_timeout", durationText(l.AcquireTimeout), durationText(defaultFileLocking.AcquireTimeout))
		return m
	},
}

func (m *LockMode) parse(v strictjson.Value) error {
	s, _ := v.Str()
	switch mode := LockMode(s); mode {
	case LockOS, LockFile, LockNone, LockNonAtomic:
		*m = mode
		return nil
	}
	return v.Errorf(`expected one of "os", "lockfile", "none", "non_atomic", got %s`, v.Text())
}

// Retries is the resource of the kinds of request retries: a request that fails
// for a passing reason is repeated at most MaxRetries times, after InitialDelay
// and then after twice as long each time, up to MaxDelay.
type Retries struct {
	MaxRetries   int64 // 0: the first failure counts
	InitialDelay time.Duration
	MaxDelay     time.Duration
}

var defaultRetries = Retries{MaxRetries: 32, InitialDelay: time.Second, MaxDelay: 32 * time.Second}

var retriesSyntax = Syntax[Retries]{
	Default: defaultRetries,
	Parse: func(v strictjson.Value, _ *Kinds) (Retries, error) {
		r := defaultRetries
		o, err := v.Object()
		if err != nil {
			return r, err
		}
		err = o.Optional("max_retries", func(v strictjson.Value) (err error) {
			r.MaxRetries, err = v.Int(0, strictjson.MaxInt)
			return err
		})
		if err != nil {
			return r, err
		}
		if err := o.Optional("initial_delay", intoDuration(&r.InitialDelay)); err != nil {
			return r, err
		}
		if err := o.Optional("max_delay", intoDuration(&r.MaxDelay)); err != nil {
			return r, err
		}
		return r, o.Close()
	},
	JSON: func(r Retries) any {
		m := map[string]any{}
		putChanged(m, "max_retries", r.MaxRetries, defaultRetries.MaxRetries)
		putChanged(m, "initial_delay", durationText(r.InitialDelay), durationText(defaultRetries.InitialDelay))
		putChanged(m, "max_delay", durationText(r.MaxDelay), durationText(defaultRetries.MaxDelay))
		return m
	},
}

// putChanged puts a member into m unless it has its default value.
func putChanged[T comparable](m map[string]any, name string, value, fallback T) {
	if value != fallback {
		m[name] = value
	}
}
