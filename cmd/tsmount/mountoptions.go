package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/pflag"
)

// mountOptions is the value of -o: each of its options sets a flag.
type mountOptions struct{ flags *pflag.FlagSet }

var _ pflag.Value = (*mountOptions)(nil)

// Type implements pflag.Value.
func (*mountOptions) Type() string { return "name[=value],..." }

// String implements pflag.Value.
func (*mountOptions) String() string { return "" }

// Set implements pflag.Value.
func (o *mountOptions) Set(text string) error {
	for _, option := range splitOptions(text) {
		if err := o.setOne(option); err != nil {
			return err
		}
	}
	return nil
}

func (o *mountOptions) setOne(option string) error {
	name, value, hasValue := strings.Cut(option, "=")
	switch name {
	case "rw", "ro":
		return o.flags.Set("writable", map[string]string{"rw": "true", "ro": "false"}[name])
	}
	flag := o.flags.Lookup(strings.ReplaceAll(name, "_", "-"))
	switch {
	case ignored(name):
		return nil
	case flag == nil || flag.Name == "options" || flag.Name == "help" || flag.Name == "config":
		return fmt.Errorf("unknown option %q", name)
	case !hasValue && flag.NoOptDefVal == "":
		return fmt.Errorf("option %q needs a value", name)
	case !hasValue:
		value = flag.NoOptDefVal
	case flag.Name == "formats":
		value = strings.ReplaceAll(value, ":", ",")
	}
	return o.flags.Set(flag.Name, value)
}

// splitOptions splits at commas that have no backslash before them.
func splitOptions(text string) []string {
	var list []string
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == '\\' && i+1 < len(text) && text[i+1] == ',':
			i++
			b.WriteByte(',')
		case text[i] == ',':
			list = append(list, b.String())
			b.Reset()
		default:
			b.WriteByte(text[i])
		}
	}
	return slices.DeleteFunc(append(list, b.String()), func(s string) bool { return s == "" })
}

// genericOptions are those of mount(8) and fstab that mean nothing here or say
// what is so anyway.
var genericOptions = []string{
	"defaults", "auto", "noauto", "user", "nouser", "users", "owner", "group", "_netdev", "nofail",
	"suid", "nosuid", "dev", "nodev", "exec", "noexec", "async", "sync", "dirsync",
	"atime", "noatime", "relatime", "norelatime", "nodiratime", "strictatime", "lazytime", "nolazytime", "default_permissions",
}

func ignored(name string) bool {
	return slices.Contains(genericOptions, name) || strings.HasPrefix(name, "x-") || strings.HasPrefix(name, "X-") || name == "comment"
}

// isMountHelper reports whether the command was called by mount(8).
func isMountHelper(argv0 string) bool { return strings.HasPrefix(filepath.Base(argv0), "mount.") }

// helperArgs turns the arguments of a mount helper, SPEC MOUNTPOINT [-sfnv]
// [-N namespace] [-t type] [-o options], into ours. With -f nothing is mounted.
// mount(8) passes rw wherever nobody asked for ro, so that it says nothing: the
// option writable does.
func helperArgs(args []string) []string {
	var out, names []string
	fake := false
	for i := 0; i < len(args); i++ {
		arg := args[i]
		switch {
		case (arg == "-N" || arg == "-t") && i+1 < len(args):
			i++
		case arg == "-o" && i+1 < len(args):
			i++
			out = append(out, "-o", withoutRW(args[i]))
		case len(arg) > 1 && strings.Trim(arg, "-sfnv") == "" && !strings.HasPrefix(arg, "--"):
			fake = fake || strings.Contains(arg, "f")
		default:
			names = append(names, arg)
		}
	}
	if fake && len(names) > 0 {
		return []string{"check", names[0]}
	}
	return append(out, names...)
}

func withoutRW(options string) string {
	list := slices.DeleteFunc(strings.Split(options, ","), func(o string) bool { return o == "rw" })
	return strings.Join(list, ",")
}
