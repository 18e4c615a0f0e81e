package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"k8s.io/client-go/tools/clientcmd"

	"github.com/seatrial/seatrial/harness/certify"
	"github.com/seatrial/seatrial/harness/cluster"
)

// upstreamTools completes the programs that were named by those that are built.
func (e *env) upstreamTools(ctx context.Context, tools *certify.Tools) error {
	if (tools.E2E == "") != (tools.Ginkgo == "") {
		return &usageError{errors.New("name both --e2e-test and --ginkgo: they must be of one version of ginkgo")}
	}
	if tools.E2E == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			return fmt.Errorf("find folder for upstream's tests: %w", err)
		}
		built, err := certify.Build(ctx, filepath.Join(cache, "seatrial", "upstream"), e.step)
		tools.E2E, tools.Ginkgo = built.E2E, built.Ginkgo
		return err
	}
	for _, program := range []*string{&tools.E2E, &tools.Ginkgo} {
		found, err := exec.LookPath(*program)
		if err == nil {
			found, err = filepath.Abs(found)
		}
		if err != nil {
			return &usageError{fmt.Errorf("find program: %w", err)}
		}
		*program = found
	}
	return nil
}

// kubectlProgram returns the program that tests run as kubectl: the named one, or a script that runs this program's.
func kubectlProgram(wish, scratch string) (string, error) {
	if wish != "" {
		found, err := exec.LookPath(wish)
		if err != nil {
			return "", &usageError{fmt.Errorf("find kubectl: %w", err)}
		}
		return filepath.Abs(found)
	}
	self, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("find kubectl: %w", err)
	}
	if runtime.GOOS == "windows" {
		return "", &usageError{errors.New("name a kubectl with --kubectl: tests cannot run the one in this program on Windows")}
	}
	script := filepath.Join(scratch, "kubectl")
	text := fmt.Sprintf("#!/bin/sh\nexec '%s' kubectl \"$@\"\n", strings.ReplaceAll(self, "'", `'\''`))
	if err := os.WriteFile(script, []byte(text), 0o755); err != nil { //nolint:gosec // a program
		return "", fmt.Errorf("write kubectl: %w", err)
	}
	return script, nil
}

// listTests prints the names of the selected tests.
func (e *env) listTests(ctx context.Context, o certify.Options) error {
	_, names, err := o.Tools.List(ctx)
	if err != nil {
		return err
	}
	selected, err := certify.Select(names, o.Focus, o.Skip)
	if err != nil {
		return &usageError{err}
	}
	for _, name := range selected {
		_, _ = fmt.Fprintln(e.out, name)
	}
	return nil
}

// certifyCluster completes how to reach the cluster, and starts one when none is named. The returned function removes that one.
func (e *env) certifyCluster(ctx context.Context, flags *certifyFlags, o *certify.Options, scratch string) (func() error, error) {
	remove := func() error { return nil }
	if o.Kubeconfig == "" && o.Context == "" {
		o.Throwaway = true
		data, down, err := e.certifyThrowaway(ctx, flags)
		if err != nil {
			return down, err
		}
		remove, o.Kubeconfig = down, filepath.Join(scratch, "kubeconfig")
		if err := os.WriteFile(o.Kubeconfig, data, 0o600); err != nil {
			return remove, fmt.Errorf("write kubeconfig: %w", err)
		}
	}
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	rules.ExplicitPath = o.Kubeconfig
	config, err := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, &clientcmd.ConfigOverrides{CurrentContext: o.Context}).ClientConfig()
	if err != nil {
		return remove, &usageError{fmt.Errorf("read kubeconfig: %w", err)}
	}
	o.Config = config
	if o.Kubeconfig == "" {
		o.Kubeconfig = rules.GetDefaultFilename()
	}
	o.Kubeconfig, err = filepath.Abs(o.Kubeconfig)
	return remove, err
}

// certifyThrowaway starts a cluster, and reads the user's images into it. The returned function removes it.
func (e *env) certifyThrowaway(ctx context.Context, flags *certifyFlags) (kubeconfig []byte, remove func() error, err error) {
	name := throwawayName()
	_, remove, err = e.throwaway(ctx, flags.driver, name)
	if err != nil {
		return nil, remove, err
	}
	d, err := cluster.New(flags.driver)
	if err == nil && flags.images != "" {
		err = e.loadImages(ctx, d, name, flags.images)
	}
	if err == nil {
		kubeconfig, err = d.Kubeconfig(ctx, name)
	}
	return kubeconfig, remove, err
}

func (e *env) loadImages(ctx context.Context, d cluster.Driver, name, file string) error {
	archive, err := os.Open(file) //nolint:gosec // the user names it
	if err != nil {
		return &usageError{fmt.Errorf("open archive: %w", err)}
	}
	defer archive.Close()
	images, err := d.LoadImages(ctx, name, archive)
	if err != nil {
		return fmt.Errorf("load images of %q: %w", file, err)
	}
	e.step(fmt.Sprintf("%d images loaded", len(images)))
	return nil
}
