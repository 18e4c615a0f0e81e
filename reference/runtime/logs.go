package runtime

import (
	"context"
	"io"
	"log/slog"
	goruntime "runtime"

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

// expected are warnings of containerd about what is normal here: file systems without fs-verity, and containers that were gone
// before their shim was cleaned up.
func expected(message string) bool {
	return message == "failed check for fsverity support" || message == "warnings while cleaning up dead shim"
}

// logHook turns one logrus entry into one slog record. Info of containerd is every call, hence debug here.
type logHook struct {
	log  *slog.Logger
	fail func(string)
}

func (h *logHook) Levels() []logrus.Level { return logrus.AllLevels }

func (h *logHook) Fire(e *logrus.Entry) error {
	level := slog.LevelDebug
	switch e.Level {
	case logrus.PanicLevel, logrus.FatalLevel, logrus.ErrorLevel:
		level = slog.LevelError
	case logrus.WarnLevel:
		if !expected(e.Message) {
			level = slog.LevelWarn
		}
	}
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
	h.log.LogAttrs(ctx, level, e.Message, attrs...)
	if e.Level == logrus.FatalLevel {
		message := e.Message
		if err, ok := e.Data[logrus.ErrorKey].(error); ok {
			message += ": " + err.Error()
		}
		h.fail(message)
	}
	return nil
}
