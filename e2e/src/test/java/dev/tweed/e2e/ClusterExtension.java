package dev.tweed.e2e;

import dev.tweed.e2e.bed.BedException;
import dev.tweed.e2e.bed.BedSettings;
import dev.tweed.e2e.bed.Evidence;
import dev.tweed.e2e.bed.Installation;
import dev.tweed.e2e.bed.TestCluster;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.LifecycleMethodExecutionExceptionHandler;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.jupiter.api.extension.TestExecutionExceptionHandler;

/**
 * Starts a cluster when the first class asks for its layout, keeps it for the classes after it, and
 * replaces it when a class asks for another: one cluster at a time is what a small machine can
 * carry.
 */
final class ClusterExtension
    implements BeforeAllCallback,
        BeforeEachCallback,
        ParameterResolver,
        TestExecutionExceptionHandler,
        LifecycleMethodExecutionExceptionHandler {
  private static final String FAILED_STEP = "failed step";
  private static final Namespace NAMESPACE = Namespace.create(ClusterExtension.class);

  @Override
  public void beforeAll(ExtensionContext context) {
    Assumptions.assumeTrue(
        System.getProperty(BedSettings.BED_IMAGE) != null,
        "no test bed: run ./dev test, which builds it and passes -D" + BedSettings.BED_IMAGE);
    cluster(context);
    current(context)
        .useless
        .ifPresent(
            reason -> {
              throw new BedException("not tried, since an earlier class found: " + reason);
            });
  }

  @Override
  public void beforeEach(ExtensionContext context) {
    String failed = classStore(context).get(FAILED_STEP, String.class);
    if (failed != null) {
      Assumptions.abort("not tried, since the step before it failed: " + failed);
    }
  }

  private static TestCluster cluster(ExtensionContext context) {
    return current(context).of(annotation(context).value());
  }

  private static CurrentCluster current(ExtensionContext context) {
    return context.getRoot().getStore(NAMESPACE).getOrComputeIfAbsent(CurrentCluster.class);
  }

  private static OnCluster annotation(ExtensionContext context) {
    return context.getRequiredTestClass().getAnnotation(OnCluster.class);
  }

  private static ExtensionContext.Store classStore(ExtensionContext context) {
    return context.getStore(Namespace.create(NAMESPACE, context.getRequiredTestClass()));
  }

  /** The one cluster that exists; closed with the store at the end of the run. */
  static final class CurrentCluster implements AutoCloseable {
    private Layout layout;
    private TestCluster cluster;

    /** Why no further class need try this cluster. */
    private Optional<String> useless = Optional.empty();

    TestCluster of(Layout wanted) {
      if (layout != wanted) {
        close();
        BedSettings settings = BedSettings.fromSystemProperties();
        cluster = TestCluster.start(settings, wanted.plan(settings));
        layout = wanted;
        useless = Optional.empty();
      }
      return cluster;
    }

    @Override
    public void close() {
      if (cluster != null) {
        cluster.close();
        cluster = null;
        layout = null;
      }
    }
  }

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    Class<?> type = parameter.getParameter().getType();
    return type == TestCluster.class || type == Installation.class;
  }

  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
    TestCluster cluster = cluster(context);
    return parameter.getParameter().getType() == TestCluster.class
        ? cluster
        : new Installation(cluster, annotation(context).value().hasFastPath());
  }

  @Override
  public void handleTestExecutionException(ExtensionContext context, Throwable failure)
      throws Throwable {
    if (annotation(context).steps()) {
      context
          .getParent()
          .ifPresent(parent -> classStore(parent).put(FAILED_STEP, context.getDisplayName()));
    }
    throw dumped(context, failure);
  }

  @Override
  public void handleBeforeAllMethodExecutionException(ExtensionContext context, Throwable failure)
      throws Throwable {
    current(context).useless = Optional.of(failure.getMessage());
    throw dumped(context, failure);
  }

  @Override
  public void handleBeforeEachMethodExecutionException(ExtensionContext context, Throwable failure)
      throws Throwable {
    throw dumped(context, failure);
  }

  private static Throwable dumped(ExtensionContext context, Throwable failure) {
    Path directory =
        BedSettings.fromSystemProperties()
            .cache()
            .resolve("logs/e2e-dump")
            .resolve(
                context.getRequiredTestClass().getSimpleName()
                    + "."
                    + context.getTestMethod().map(method -> method.getName()).orElse("class"));
    Evidence evidence = new Evidence(cluster(context));
    // First, and into the log: a directory of a machine that is given back helps nobody.
    failure.addSuppressed(
        new Throwable(
            "state of the cluster, more in %s\n%s".formatted(directory, evidence.summary())));
    evidence.writeTo(directory);
    return failure;
  }
}
