package probes

import (
	"time"

	corev1 "k8s.io/api/core/v1"
)

// run asks until the answer is final or nobody wants to know.
func (c *containerProbes) run(kind Kind, probe *corev1.Probe) {
	stop := c.stop
	if kind == Readiness {
		stop = nil
	}
	if kind != Startup {
		select {
		case <-c.started:
		case <-stop:
			return
		case <-c.ctx.Done():
			return
		}
	}
	delay := time.Duration(probe.InitialDelaySeconds)*time.Second - c.pod.Clock.Since(c.began)
	count := counter{success: max(probe.SuccessThreshold, 1), failure: max(probe.FailureThreshold, 1)}
	for {
		if delay > 0 {
			timer := c.pod.Clock.NewTimer(delay)
			select {
			case <-timer.C():
			case <-stop:
				timer.Stop()
				return
			case <-c.ctx.Done():
				timer.Stop()
				return
			}
		}
		delay = time.Duration(max(probe.PeriodSeconds, 1)) * time.Second
		if c.ask(kind, probe, &count) {
			return
		}
	}
}

// ask probes once and tells whether the probe is done for good.
func (c *containerProbes) ask(kind Kind, probe *corev1.Probe, count *counter) (done bool) {
	outcome, output := c.pod.Check(c.ctx, probe, c.target)
	if c.ctx.Err() != nil {
		return true
	}
	switch outcome {
	case Failure:
		c.pod.Record(c.target.Container, corev1.EventTypeWarning, "Unhealthy", string(kind)+" probe failed: "+output)
	case Warning:
		c.pod.Record(c.target.Container, corev1.EventTypeWarning, "ProbeWarning", string(kind)+" probe warning: "+output)
	}
	verdict, reached := count.add(outcome != Failure)
	if !reached {
		return false
	}
	return c.conclude(kind, probe, verdict)
}

// conclude records a result that reached its threshold.
func (c *containerProbes) conclude(kind Kind, probe *corev1.Probe, good bool) (done bool) {
	c.pod.mu.Lock()
	changed := false
	switch {
	case kind == Readiness:
		changed, c.isReady = c.isReady != good, good
	case !good:
		if !c.stopped {
			changed, done = true, true
			c.failed = &Verdict{ContainerID: c.target.ContainerID, Kind: kind, Grace: probe.TerminationGracePeriodSeconds}
		}
	case kind == Startup:
		changed, done, c.isStarted = true, true, true
		close(c.started)
	}
	c.pod.mu.Unlock()
	if changed {
		c.pod.Changed()
	}
	return done
}

// counter counts equal outcomes in a row against their thresholds.
type counter struct {
	success, failure int32
	last             bool
	row              int32
}

// add returns the verdict, and whether enough outcomes in a row agree on it.
func (c *counter) add(good bool) (verdict, reached bool) {
	if good != c.last {
		c.row = 0
	}
	c.last = good
	c.row++
	if good {
		return true, c.row >= c.success
	}
	return false, c.row >= c.failure
}
