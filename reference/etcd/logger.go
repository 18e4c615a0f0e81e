package etcd

import (
	"context"
	"log/slog"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// slogCore writes the entries of a zap logger to a slog logger.
type slogCore struct {
	logger *slog.Logger
	attrs  []slog.Attr
}

func zapLogger(l *slog.Logger) *zap.Logger {
	return zap.New(slogCore{logger: l})
}

// Enabled keeps the sixty information lines of a start out of the log.
func (c slogCore) Enabled(l zapcore.Level) bool { return l >= zapcore.WarnLevel }

func (c slogCore) With(fields []zapcore.Field) zapcore.Core {
	c.attrs = append(append([]slog.Attr{}, c.attrs...), attrs(fields)...)
	return c
}

func (c slogCore) Check(e zapcore.Entry, ce *zapcore.CheckedEntry) *zapcore.CheckedEntry {
	if !c.Enabled(e.Level) {
		return ce
	}
	return ce.AddCore(e, c)
}

func (c slogCore) Write(e zapcore.Entry, fields []zapcore.Field) error {
	level := slog.LevelDebug // etcd warns about slow requests that nobody can act on
	if e.Level > zapcore.WarnLevel {
		level = slog.LevelError
	}
	c.logger.LogAttrs(context.Background(), level, e.Message, append(c.attrs, attrs(fields)...)...)
	return nil
}

func (c slogCore) Sync() error { return nil }

func attrs(fields []zapcore.Field) []slog.Attr {
	enc := zapcore.NewMapObjectEncoder()
	for _, f := range fields {
		f.AddTo(enc)
	}
	out := make([]slog.Attr, 0, len(enc.Fields))
	for k, v := range enc.Fields {
		out = append(out, slog.Any(k, v))
	}
	return out
}
