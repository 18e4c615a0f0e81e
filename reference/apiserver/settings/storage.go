package settings

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/wait"
	genericapiserver "k8s.io/apiserver/pkg/server"
	"k8s.io/apiserver/pkg/server/healthz"
	"k8s.io/apiserver/pkg/server/options"
	"k8s.io/apiserver/pkg/server/options/encryptionconfig"
	"k8s.io/apiserver/pkg/server/options/encryptionconfig/controller"
	"k8s.io/apiserver/pkg/server/options/encryptionconfig/metrics"
	"k8s.io/apiserver/pkg/storage/storagebackend"
	"k8s.io/apiserver/pkg/storage/value"
)

const (
	hookReload = "start-encryption-provider-config-automatic-reload"
	reloader   = "encryption-provider-config-automatic-reload-controller"
)

// validateStorage names what cannot be of the store and how it is used.
func (f *Flags) validateStorage() []error {
	var errs []error
	given := *f.Storage
	given.StorageConfig.Transport.ServerList = []string{"its own or another one"} // which is not asked here
	errs = append(errs, given.Validate()...)
	if _, err := options.ParseWatchCacheSizes(f.Storage.WatchCacheSizes); err != nil {
		errs = append(errs, fmt.Errorf("--watch-cache-sizes: %w", err))
	}
	config := &f.Storage.StorageConfig
	if config.CompactionInterval < 0 {
		errs = append(errs, fmt.Errorf("--etcd-compaction-interval: %s is negative", config.CompactionInterval))
	}
	if strings.Trim(config.Prefix, "/") == "" {
		errs = append(errs, errors.New("--etcd-prefix: it must not be empty"))
	}
	if config.HealthcheckTimeout <= 0 || config.ReadycheckTimeout <= 0 {
		errs = append(errs, errors.New("--etcd-healthcheck-timeout and --etcd-readycheck-timeout: they must be positive"))
	}
	if config.LeaseManagerConfig.ReuseDurationSeconds < 0 {
		errs = append(errs, errors.New("--lease-reuse-duration-seconds: it must not be negative"))
	}
	if f.Storage.DeleteCollectionWorkers < 1 {
		errs = append(errs, errors.New("--delete-collection-workers: at least one is needed"))
	}
	return errs
}

func storageDefaults() *storagebackend.Config {
	return storagebackend.NewDefaultConfig("/registry", nil)
}

// Encryption says how the values of each resource are encrypted in the store;
// nil means not at all. It adds the health checks of the key management
// services and, if asked for, what reads the file again when it changes.
// stop ends what it started; the server's end does so, too.
func (f *Flags) Encryption(c *genericapiserver.Config) (t value.ResourceTransformers, stop func(), err error) {
	file, reload := f.Storage.EncryptionProviderConfigFilepath, f.Storage.EncryptionProviderConfigAutomaticReload
	if file == "" {
		return nil, func() {}, nil
	}
	serving := wait.ContextForChannel(c.DrainedNotify())
	ctx, cancel := context.WithCancel(serving)
	loaded, err := encryptionconfig.LoadEncryptionConfig(ctx, file, reload, c.APIServerID)
	if err != nil {
		cancel()
		return nil, nil, fmt.Errorf("read --encryption-provider-config: %w", err)
	}
	metrics.RecordEncryptionConfigLastConfigInfo(c.APIServerID, loaded.EncryptionFileContentHash)
	if !reload {
		check(c, loaded.HealthChecks...)
		return encryptionconfig.StaticTransformers(loaded.Transformers), cancel, nil
	}
	if n := len(loaded.HealthChecks); n != 1 {
		cancel()
		return nil, nil, fmt.Errorf("read --encryption-provider-config: %d health checks where reloading needs one", n)
	}
	dynamic := encryptionconfig.NewDynamicTransformers(loaded.Transformers, loaded.HealthChecks[0], cancel, loaded.KMSCloseGracePeriod)
	check(c, dynamic)
	watching, end := context.WithCancel(serving)
	err = c.AddPostStartHook(hookReload, func(genericapiserver.PostStartHookContext) error {
		go controller.NewDynamicEncryptionConfiguration(reloader, file, dynamic, loaded.EncryptionFileContentHash, c.APIServerID).Run(watching)
		return nil
	})
	return dynamic, sync.OnceFunc(func() { end(); cancel() }), err
}

// check adds the health checks to all but /livez: a restart of this server does
// not bring a key management service back.
func check(c *genericapiserver.Config, checks ...healthz.HealthChecker) {
	c.HealthzChecks = append(c.HealthzChecks, checks...)
	c.ReadyzChecks = append(c.ReadyzChecks, checks...)
}

// Compaction is how long old versions of objects are kept; negative means for ever.
func (f *Flags) Compaction() time.Duration {
	if keep := f.Storage.StorageConfig.CompactionInterval; keep > 0 {
		return keep
	}
	return -1
}

// Uncached tells which resources have no watch cache by the flags. Sizes other
// than zero mean nothing any more: the caches size themselves.
func (f *Flags) Uncached() (func(schema.GroupResource) bool, error) {
	sizes, err := options.ParseWatchCacheSizes(f.Storage.WatchCacheSizes)
	if err != nil {
		return nil, fmt.Errorf("--watch-cache-sizes: %w", err)
	}
	return func(gr schema.GroupResource) bool {
		if !f.Storage.EnableWatchCache {
			return true
		}
		if size, given := sizes[gr]; given {
			return size == 0
		}
		return f.Storage.DefaultWatchCacheSize == 0
	}, nil
}
