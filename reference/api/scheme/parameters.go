package scheme

import (
	"fmt"
	"net/url"
	"reflect"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/conversion"
	"k8s.io/apimachinery/pkg/runtime"
)

// addParameters registers the conversion of query parameters into the option
// types of subresources (exec, log, proxy, ...). The option types of metav1
// have theirs from apimachinery.
func addParameters(s *runtime.Scheme) error {
	for _, options := range []runtime.Object{
		&corev1.PodExecOptions{}, &corev1.PodAttachOptions{}, &corev1.PodPortForwardOptions{},
		&corev1.PodLogOptions{}, &corev1.PodProxyOptions{},
		&corev1.NodeProxyOptions{}, &corev1.ServiceProxyOptions{},
	} {
		if err := s.AddConversionFunc((*url.Values)(nil), options, decodeQuery); err != nil {
			return err
		}
	}
	return nil
}

func decodeQuery(in, out any, s conversion.Scope) error {
	target := reflect.ValueOf(out).Elem()
	for i := range target.NumField() {
		name, _, _ := strings.Cut(target.Type().Field(i).Tag.Get("json"), ",")
		if name == "" { // TypeMeta
			continue
		}
		values := (*in.(*url.Values))[name]
		if len(values) == 0 {
			continue
		}
		if err := decodeParameter(values, target.Field(i).Addr().Interface(), s); err != nil {
			return fmt.Errorf("decode parameter %q: %w", name, err)
		}
	}
	return nil
}

// decodeParameter sets one option field from the values of its parameter. A
// parameter with several values sets a scalar from the first.
func decodeParameter(values []string, field any, s conversion.Scope) error {
	switch field := field.(type) {
	case *string:
		return runtime.Convert_Slice_string_To_string(&values, field, s)
	case **string:
		*field = &values[0]
		return nil
	case *bool:
		return runtime.Convert_Slice_string_To_bool(&values, field, s)
	case **int64:
		return runtime.Convert_Slice_string_To_Pointer_int64(&values, field, s)
	case *[]string:
		*field = values
		return nil
	case *[]int32:
		return metav1.Convert_Slice_string_To_Slice_int32(&values, field, s)
	case **metav1.Time:
		return metav1.Convert_Slice_string_To_Pointer_v1_Time(&values, field, s)
	default:
		return fmt.Errorf("no conversion from a query parameter to %T", field)
	}
}
