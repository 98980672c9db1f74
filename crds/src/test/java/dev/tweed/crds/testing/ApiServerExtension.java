package dev.tweed.crds.testing;

import io.fabric8.kubernetes.client.KubernetesClient;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ExtensionContext.StoreScope;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * Gives tests a real API server, one for the whole JVM, with Tweed's CRDs:
 * {@code @ExtendWith(ApiServerExtension.class)} and a parameter of type {@link ApiServer} or {@link
 * KubernetesClient} (the administrator's). Tests share it, so each uses names of its own and
 * deletes what it creates.
 *
 * <p>Tag such tests {@code api-server}. Where the binaries are missing they are skipped with the
 * command that gets them; they fail in CI (environment {@code CI} or {@code
 * TWEED_TEST_MAY_NOT_SKIP} set to {@code true}) and where the system property {@code
 * tweed.kubeApiTestDir} promised them.
 *
 * <p>From another module: test jar of tweed-crds, {@code io.fabric8:kube-api-test} and an HTTP
 * client of fabric8's, all in test scope.
 */
public final class ApiServerExtension implements BeforeAllCallback, ParameterResolver {

  private static final String MISSING =
      "no kube-apiserver %s in %s; run: ./dev setup".formatted(ApiServer.VERSION, "Tweed's cache");

  @Override
  public void beforeAll(ExtensionContext context) {
    if (ApiServer.directory().isPresent()) {
      server(context);
    } else if (promised()) {
      throw new IllegalStateException(MISSING);
    } else {
      Assumptions.abort(MISSING);
    }
  }

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    Class<?> type = parameter.getParameter().getType();
    return type == ApiServer.class || type == KubernetesClient.class;
  }

  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
    ApiServer server = server(context);
    return parameter.getParameter().getType() == ApiServer.class ? server : server.admin();
  }

  private static boolean promised() {
    return "true".equals(System.getenv("TWEED_TEST_MAY_NOT_SKIP"))
        || "true".equals(System.getenv("CI"))
        || !System.getProperty("tweed.kubeApiTestDir", "").isBlank();
  }

  /** In the store of the session, which is that of the JVM, and whose end closes it. */
  private static ApiServer server(ExtensionContext context) {
    return context
        .getStore(StoreScope.LAUNCHER_SESSION, Namespace.create(ApiServerExtension.class))
        .getOrComputeIfAbsent(ApiServer.class, type -> ApiServer.start(), ApiServer.class);
  }
}
