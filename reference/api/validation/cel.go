package validation

import (
	"errors"
	"strings"

	"github.com/google/cel-go/cel"
	"k8s.io/apimachinery/pkg/util/validation/field"
	plugincel "k8s.io/apiserver/pkg/admission/plugin/cel"
	apiservercel "k8s.io/apiserver/pkg/cel"
	"k8s.io/apiserver/pkg/cel/environment"
)

// expression is a CEL expression and the types that it may have.
type expression struct {
	name  string // of a variable
	text  string
	types []*cel.Type
}

func (e expression) GetName() string          { return e.name }
func (e expression) GetExpression() string    { return e.text }
func (e expression) ReturnTypes() []*cel.Type { return e.types }

// expressions compiles the expressions of one object; variables that were compiled are known to the later ones.
type expressions struct {
	compiler *plugincel.CompositedCompiler
	options  plugincel.OptionalVariableDeclarations
}

// newExpressions knows object, oldObject, request and authorizer, and params if the policy has parameters.
func newExpressions(hasParams bool) (*expressions, error) {
	compiler, err := plugincel.NewCompositedCompiler(environment.MustBaseEnvSet(environment.DefaultCompatibilityVersion()))
	if err != nil {
		return nil, err
	}
	return &expressions{compiler: compiler, options: plugincel.OptionalVariableDeclarations{HasParams: hasParams, HasAuthorizer: true}}, nil
}

// check demands an expression that compiles.
func (x *expressions) check(path *field.Path, e plugincel.ExpressionAccessor) field.ErrorList {
	return x.checkWith(path, e, x.options)
}

// checkPatch demands an expression that compiles and may build objects and patches.
func (x *expressions) checkPatch(path *field.Path, e plugincel.ExpressionAccessor) field.ErrorList {
	options := x.options
	options.HasPatchTypes = true
	return x.checkWith(path, e, options)
}

func (x *expressions) checkWith(path *field.Path, e plugincel.ExpressionAccessor, options plugincel.OptionalVariableDeclarations) field.ErrorList {
	if strings.TrimSpace(e.GetExpression()) == "" {
		return one(field.Required(path, ""))
	}
	result := x.compiler.CompileCELExpression(e, options, environment.NewExpressions)
	return compileError(path, e.GetExpression(), result.Error)
}

// define demands an expression that compiles, and makes its value known as variables.name.
func (x *expressions) define(path *field.Path, name, text string) field.ErrorList {
	result := x.compiler.CompileAndStoreVariable(expression{name: name, text: text, types: []*cel.Type{cel.AnyType, cel.DynType}}, x.options, environment.NewExpressions)
	return compileError(path, text, result.Error)
}

func compileError(path *field.Path, text string, err *apiservercel.Error) field.ErrorList {
	switch {
	case err == nil:
		return nil
	case err.Type == apiservercel.ErrorTypeRequired:
		return one(field.Required(path, err.Detail))
	case err.Type == apiservercel.ErrorTypeInvalid:
		return one(field.Invalid(path, text, err.Detail))
	default:
		return one(field.InternalError(path, errors.New(err.Detail)))
	}
}
