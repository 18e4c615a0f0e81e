package api

import (
	"strconv"

	batchv1 "k8s.io/api/batch/v1"
	"k8s.io/apimachinery/pkg/fields"

	"github.com/seatrial/seatrial/reference/api/columns"
	"github.com/seatrial/seatrial/reference/api/prepare"
	"github.com/seatrial/seatrial/reference/api/validation"
	"github.com/seatrial/seatrial/reference/api/warnings"
)

// batchResources are the rows of batch/v1.
func batchResources() []Resource {
	batch := in(batchv1.SchemeGroupVersion)
	return []Resource{
		row[batchv1.Job, batchv1.JobList](Resource{
			Served: batch, Plural: "jobs", Categories: names("all"), Status: true, OrphanByDefault: true,
			DeleteWarning: "child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress this warning",
			FieldNames:    names("status.successful"),
			Columns:       columns.Job(),
		}, hooks[batchv1.Job]{
			fields: jobFields, create: prepare.JobCreate, complete: prepare.JobComplete,
			validate: validation.Job, validateUpdate: validation.JobUpdate, validateStatus: validation.JobStatusUpdate,
			warnings: warnings.Job,
		}),

		row[batchv1.CronJob, batchv1.CronJobList](Resource{
			Served: batch, Plural: "cronjobs", Short: names("cj"), Categories: names("all"), Status: true,
			Columns: columns.CronJob(),
		}, hooks[batchv1.CronJob]{
			validate: validation.CronJob, validateUpdate: validation.CronJobUpdate, validateStatus: validation.CronJobStatusUpdate,
			warnings: warnings.CronJob,
		}),
	}
}

func jobFields(job *batchv1.Job) fields.Set {
	return fields.Set{"status.successful": strconv.Itoa(int(job.Status.Succeeded))}
}
