package runtime

import (
	"context"
	"io"
	"log/slog"
	goruntime "runtime"
	"strings"

	"github.com/sirupsen/logrus"
)

// takeOverLogs sends what containerd logs to log. containerd has one logger for the process, and ends the process when CRI cannot run;
// here fail is called instead, with the message, and only the goroutine ends.
func takeOverLogs(log *slog.Logger, fail func(message string)) {
	std := logrus.StandardLogger()
	std.SetOutput(io.Discard)
	std.SetLevel(logrus.WarnLevel)
	if log.Enabled(context.Background(), slog.LevelDebug) {
		std.SetLevel(logrus.InfoLevel)
	}
	std.ReplaceHooks(logrus.LevelHooks{})
	std.AddHook(&logHook{log: log.With("part", "containerd"), fail: fail})
	std.ExitFunc = func(int) { goruntime.Goexit() }
}

// logHook turns one logrus entry into one slog record.
type logHook struct {
	log  *slog.Logger
	fail func(string)
}

// level is what an entry means to a node. Info of containerd is every call, hence debug here. So are errors that the caller of CRI gets
// as well, and warnings about what is normal: file systems without fs-verity, and containers that were gone before their shim.
func level(e *logrus.Entry) slog.Level {
	err, _ := e.Data[logrus.ErrorKey].(error)
	switch e.Level {
	case logrus.PanicLevel, logrus.FatalLevel:
		return slog.LevelError
	case logrus.ErrorLevel:
		if err != nil && strings.HasPrefix(err.Error(), "rpc error:") {
			return slog.LevelDebug
		}
		return slog.LevelError
	case logrus.WarnLevel:
		if e.Message == "failed check for fsverity support" || e.Message == "warnings while cleaning up dead shim" {
			return slog.LevelDebug
		}
		return slog.LevelWarn
	}
	return slog.LevelDebug
}

func (h *logHook) Levels() []logrus.Level { return logrus.AllLevels }

func (h *logHook) Fire(e *logrus.Entry) error {
	attrs := make([]slog.Attr, 0, len(e.Data))
	for k, v := range e.Data {
		if k == "error" {
			k = "err"
		}
		attrs = append(attrs, slog.Any(k, v))
	}
	ctx := e.Context
	if ctx == nil {
		ctx = context.Background()
	}
	h.log.LogAttrs(ctx, level(e), e.Message, attrs...)
	if e.Level == logrus.FatalLevel {
		message := e.Message
		if err, ok := e.Data[logrus.ErrorKey].(error); ok {
			message += ": " + err.Error()
		}
		h.fail(message)
	}
	return nil
}
