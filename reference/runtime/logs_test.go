package runtime

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/sirupsen/logrus"
)

func TestContainerdLogsWhatANodeNeedsToKnow(t *testing.T) {
	returned := errors.New("rpc error: code = NotFound desc = no such container")
	for name, c := range map[string]struct {
		entry logrus.Entry
		want  string
	}{
		"own error":        {logrus.Entry{Level: logrus.ErrorLevel, Message: "lost shim", Data: logrus.Fields{"error": errors.New("eof")}}, `level=ERROR msg="lost shim" err=eof`},
		"error of a call":  {logrus.Entry{Level: logrus.ErrorLevel, Message: "PullImage failed", Data: logrus.Fields{"error": returned}}, "level=DEBUG"},
		"warning":          {logrus.Entry{Level: logrus.WarnLevel, Message: "odd"}, "level=WARN msg=odd"},
		"expected warning": {logrus.Entry{Level: logrus.WarnLevel, Message: "failed check for fsverity support"}, "level=DEBUG"},
		"every call":       {logrus.Entry{Level: logrus.InfoLevel, Message: "RunPodSandbox"}, "level=DEBUG"},
	} {
		var out bytes.Buffer
		log := slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
		hook := &logHook{log: log, fail: func(m string) { t.Errorf("%s: taken for fatal: %s", name, m) }}
		if err := hook.Fire(&c.entry); err != nil || !strings.Contains(out.String(), c.want) {
			t.Errorf("%s: logged %q, %v; want %q", name, out.String(), err, c.want)
		}
	}
}

func TestFatalErrorOfContainerdIsReported(t *testing.T) {
	var got string
	hook := &logHook{log: slog.New(slog.DiscardHandler), fail: func(m string) { got = m }}
	entry := &logrus.Entry{Level: logrus.FatalLevel, Message: "Failed to run CRI service", Data: logrus.Fields{"error": errors.New("recover: x")}}
	if err := hook.Fire(entry); err != nil || got != "Failed to run CRI service: recover: x" {
		t.Errorf("reported %q, %v", got, err)
	}
}
