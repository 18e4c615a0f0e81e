//go:build linux

package command

import (
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strconv"

	"github.com/spf13/pflag"
	"k8s.io/klog/v2"
)

// debugVerbosity is the verbosity from which on debug messages are logged.
const debugVerbosity = 4

// verbosity is how much is logged, as in klog: 0 is what operators want to
// know, from 4 on there are debug messages. It is set by a number or as a switch.
type verbosity int

// String implements pflag.Value.
func (v *verbosity) String() string { return strconv.Itoa(int(*v)) }

// Set implements pflag.Value.
func (v *verbosity) Set(value string) error {
	if n, err := strconv.ParseUint(value, 10, 8); err == nil {
		*v = verbosity(n)
		return nil
	}
	on, err := strconv.ParseBool(value)
	if err != nil {
		return fmt.Errorf("%q is neither a number nor true or false", value)
	}
	*v = 0
	if on {
		*v = debugVerbosity
	}
	return nil
}

// Type implements pflag.Value.
func (*verbosity) Type() string { return "level" }

// logFormat is text or json.
type logFormat string

// String implements pflag.Value.
func (f *logFormat) String() string { return string(*f) }

// Set implements pflag.Value.
func (f *logFormat) Set(value string) error {
	if value != "text" && value != "json" {
		return fmt.Errorf("%q is neither text nor json", value)
	}
	*f = logFormat(value)
	return nil
}

// Type implements pflag.Value.
func (*logFormat) Type() string { return "format" }

// logging is what is logged, and how.
type logging struct {
	level  verbosity
	format logFormat
}

func (l *logging) addTo(f *pflag.FlagSet) {
	l.format = "text"
	f.VarPF(&l.level, "verbose", "v", "log debug messages, too, or messages up to this level").NoOptDefVal = "true"
	f.Var(&l.level, "v", "log messages up to this level; from 1 on those of libraries, from 4 on debug messages")
	f.Var(&l.format, "logging-format", "format of the log: text or json")
}

// logger logs to w. What libraries log through klog has the same verbosity.
func (l *logging) logger(w io.Writer) *slog.Logger {
	klogs := flag.NewFlagSet("klog", flag.ContinueOnError)
	klog.InitFlags(klogs)
	_ = klogs.Set("v", l.level.String()) // a number, always
	options := &slog.HandlerOptions{Level: slog.Level(-l.level)}
	if l.format == "json" {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}

// newLogger logs to stderr.
func (l *logging) newLogger() *slog.Logger { return l.logger(os.Stderr) }
