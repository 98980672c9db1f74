package dev.tweed.netlink.testing;

import java.lang.reflect.Method;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.InvocationInterceptor;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.jupiter.api.extension.ReflectiveInvocationContext;
import org.opentest4j.TestAbortedException;

/**
 * Gives each test a throw-away network namespace and runs its methods inside. Constructors and
 * {@code @BeforeAll} methods run outside.
 *
 * <p>Without root the test is skipped and says so; with the environment variable {@value
 * #MAY_NOT_SKIP} set to {@code true}, as in CI, it fails instead.
 */
public final class NetnsExtension
    implements BeforeEachCallback, AfterEachCallback, InvocationInterceptor, ParameterResolver {

  /** Environment variable that turns skips into failures. */
  public static final String MAY_NOT_SKIP = "TWEED_TEST_MAY_NOT_SKIP";

  private static final ExtensionContext.Namespace STORE =
      ExtensionContext.Namespace.create(NetnsExtension.class);

  @Override
  public void beforeEach(ExtensionContext context) {
    try {
      context.getStore(STORE).put(Netns.class, Netns.open());
    } catch (Netns.UnavailableException unavailable) {
      if ("true".equals(System.getenv(MAY_NOT_SKIP))) {
        throw unavailable;
      }
      throw new TestAbortedException("skipped: " + unavailable.getMessage(), unavailable);
    }
  }

  @Override
  public void afterEach(ExtensionContext context) {
    Netns netns = context.getStore(STORE).remove(Netns.class, Netns.class);
    if (netns != null) {
      netns.close();
    }
  }

  @Override
  public void interceptBeforeEachMethod(
      Invocation<Void> invocation,
      ReflectiveInvocationContext<Method> method,
      ExtensionContext context)
      throws Throwable {
    inside(invocation, context);
  }

  @Override
  public void interceptTestMethod(
      Invocation<Void> invocation,
      ReflectiveInvocationContext<Method> method,
      ExtensionContext context)
      throws Throwable {
    inside(invocation, context);
  }

  @Override
  public void interceptTestTemplateMethod(
      Invocation<Void> invocation,
      ReflectiveInvocationContext<Method> method,
      ExtensionContext context)
      throws Throwable {
    inside(invocation, context);
  }

  @Override
  public void interceptAfterEachMethod(
      Invocation<Void> invocation,
      ReflectiveInvocationContext<Method> method,
      ExtensionContext context)
      throws Throwable {
    inside(invocation, context);
  }

  private static void inside(Invocation<Void> invocation, ExtensionContext context)
      throws Exception {
    netns(context)
        .call(
            () -> {
              try {
                return invocation.proceed();
              } catch (Exception | Error failure) {
                throw failure;
              } catch (Throwable failure) {
                throw new IllegalStateException(failure);
              }
            });
  }

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    return parameter.getParameter().getType() == Netns.class;
  }

  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
    return netns(context);
  }

  private static Netns netns(ExtensionContext context) {
    return context.getStore(STORE).get(Netns.class, Netns.class);
  }
}
