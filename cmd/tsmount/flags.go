package main

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"tsmount/arrayview/format"
	"tsmount/drivers"
	"tsmount/internal/strictjson"
)

// viewFlags are the flags that say how a dataset is looked at.
type viewFlags struct {
	context, recheckData, recheckMetadata string
	formats                               []string
	log                                   logOptions
	inUse                                 string
}

func (f *viewFlags) register(flags *pflag.FlagSet) {
	flags.StringSliceVar(&f.formats, "formats", []string{"npy"}, "formats in which slices and chunks are listed: the first that fits")
	flags.StringVar(&f.context, "context", "", "context of the spec: JSON or a file")
	flags.StringVar(&f.recheckData, "recheck-data", "", "recheck_cached_data instead of the spec's: true, false, open or seconds since 1970")
	flags.StringVar(&f.recheckMetadata, "recheck-metadata", "", "recheck_cached_metadata instead of the spec's")
	flags.StringVar(&f.inUse, "in-use-limit", "", "bytes that open files keep in use, such as 512MiB (default: a quarter of the memory)")
	flags.StringVar(&f.log.Level, "log-level", "warn", "debug, info, warn or error")
	flags.StringVar(&f.log.Format, "log-format", "text", "text or json")
	flags.StringVar(&f.log.File, "log-file", "", "where the log goes (default: stderr, nowhere in the background)")
}

// mountFlags are the flags of commands that mount.
type mountFlags struct {
	viewFlags
	config                           string
	foreground, writable, allowOther bool
	uid, gid, umask                  string
	drain                            time.Duration
	debugFuse                        bool
}

func (f *mountFlags) register(flags *pflag.FlagSet) {
	f.viewFlags.register(flags)
	flags.BoolVarP(&f.foreground, "foreground", "f", false, "stay in the foreground")
	flags.BoolVar(&f.writable, "writable", false, "let files be written (-o rw); the default is read-only (-o ro)")
	flags.BoolVar(&f.allowOther, "allow-other", false, "let other users in, as permission bits allow")
	flags.StringVar(&f.uid, "uid", "", "owner of all files (default: the user who mounts)")
	flags.StringVar(&f.gid, "gid", "", "group of all files")
	flags.StringVar(&f.umask, "umask", "", "permission bits that no file has, octal")
	flags.DurationVar(&f.drain, "drain-timeout", 30*time.Second, "how long an unmount waits for files to be stored and closed")
	flags.BoolVar(&f.debugFuse, "debug-fuse", false, "log every request of the kernel")
	flags.VarP(&mountOptions{flags}, "options", "o", "flags as mount(8) spells them: name[=value],...")
}

// mountRequest returns what the flags say about one mount.
func (f *mountFlags) mountRequest() (mountRequest, error) {
	m, err := f.viewRequest()
	if err != nil {
		return m, err
	}
	m.Writable, m.AllowOther = f.writable, f.allowOther
	if m.UID, err = parseID("uid", f.uid); err != nil {
		return m, err
	}
	if m.GID, err = parseID("gid", f.gid); err != nil {
		return m, err
	}
	if f.umask != "" {
		if m.Umask, err = parseUmask(f.umask); err != nil {
			return m, flagErrorf("umask", "%v", err)
		}
	}
	return m, nil
}

// viewRequest returns what the flags say about one view.
func (f *viewFlags) viewRequest() (m mountRequest, err error) {
	m.Formats = f.formats
	if err := checkFormats(f.formats); err != nil {
		return m, flagErrorf("formats", "%v", err)
	}
	if m.RecheckData, err = parseRecheck("recheck-data", f.recheckData); err != nil {
		return m, err
	}
	m.RecheckMetadata, err = parseRecheck("recheck-metadata", f.recheckMetadata)
	return m, err
}

// options returns what the flags say about the daemon.
func (f *mountFlags) options() (daemonOptions, error) {
	o, err := f.viewFlags.options()
	o.Drain, o.DebugFuse = f.drain, f.debugFuse
	if f.debugFuse && o.Log.Level != "debug" {
		o.Log.Level = "info"
	}
	return o, err
}

func (f *viewFlags) options() (o daemonOptions, err error) {
	if err := f.log.check(); err != nil {
		return o, err
	}
	o.Log = f.log
	if o.Log.File != "" {
		if o.Log.File, err = filepath.Abs(o.Log.File); err != nil {
			return o, err
		}
	}
	if f.inUse != "" {
		if o.InUse, err = parseSize(f.inUse); err != nil {
			return o, flagErrorf("in-use-limit", "%v", err)
		}
	}
	return o, nil
}

// parseRecheck reads the value of a recheck flag; nil when there is none.
func parseRecheck(flag, text string) (*drivers.Recheck, error) {
	if text == "" {
		return nil, nil
	}
	v, err := strictjson.Parse([]byte(text), "")
	if err != nil {
		v = strictjson.Of(text, "", "")
	}
	r, err := drivers.ParseRecheck(v)
	if err != nil {
		return nil, flagErrorf(flag, "%v", err)
	}
	return &r, nil
}

// checkFormats refuses extensions that do not exist.
func checkFormats(list []string) error {
	for _, ext := range list {
		if _, ok := format.ByExt(ext); !ok {
			var known []string
			for _, f := range format.Formats() {
				known = append(known, f.Ext())
			}
			return &strictjson.Error{Msg: "unknown format " + strconv.Quote(ext) + " (known: " + strings.Join(known, ", ") + ")"}
		}
	}
	return nil
}

func parseID(flag, text string) (*uint32, error) {
	if text == "" {
		return nil, nil
	}
	n, err := strconv.ParseUint(text, 10, 32)
	if err != nil {
		return nil, flagErrorf(flag, "expected a number, got %q", text)
	}
	id := uint32(n)
	return &id, nil
}

func parseUmask(text string) (uint32, error) {
	n, err := strconv.ParseUint(text, 8, 32)
	if err != nil || n > 0o777 {
		return 0, &strictjson.Error{Msg: "expected octal permission bits such as 022, got " + strconv.Quote(text)}
	}
	return uint32(n), nil
}

// units are the suffixes of sizes.
var units = []struct {
	suffix string
	bytes  int64
}{
	{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"TiB", 1 << 40},
	{"K", 1 << 10}, {"M", 1 << 20}, {"G", 1 << 30}, {"T", 1 << 40}, {"B", 1},
}

// parseSize reads a number of bytes.
func parseSize(text string) (int64, error) {
	number, scale := text, int64(1)
	for _, u := range units {
		if n, ok := strings.CutSuffix(text, u.suffix); ok {
			number, scale = n, u.bytes
			break
		}
	}
	n, err := strconv.ParseInt(strings.TrimSpace(number), 10, 64)
	if err != nil || n <= 0 || n > (1<<62)/scale {
		return 0, &strictjson.Error{Msg: "expected a size such as 512MiB, got " + strconv.Quote(text)}
	}
	return n * scale, nil
}

// foreignOf returns the first flag that was given although a config file says it
// for each mount.
func foreignOf(flags *pflag.FlagSet) string {
	perMount := []string{"writable", "formats", "allow-other", "uid", "gid", "umask", "recheck-data", "recheck-metadata"}
	found := ""
	flags.Visit(func(f *pflag.Flag) {
		if found == "" && slices.Contains(perMount, f.Name) {
			found = f.Name
		}
	})
	return found
}

// absoluteMountPoint makes path absolute; the last component is not looked at,
// for it may be a mount that does not answer.
func absoluteMountPoint(path string) (string, error) {
	if path == "" {
		return "", badUsagef("MOUNTPOINT is empty")
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	if st, err := os.Stat(abs); err == nil && !st.IsDir() {
		return "", badUsagef("%s: the mount point is not a directory", path)
	}
	return abs, nil
}
