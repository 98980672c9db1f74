package dev.tweed.netlink.testing;

import java.lang.reflect.Method;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.InvocationInterceptor;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.jupiter.api.extension.ReflectiveInvocationContext;

/**
 * Gives each test a throw-away network namespace and runs its methods inside. Constructors and
 * {@code @BeforeAll} methods run outside. It {@link Needs} root.
 */
public final class NetnsExtension
    implements BeforeEachCallback, AfterEachCallback, InvocationInterceptor, ParameterResolver {

  private static final ExtensionContext.Namespace STORE =
      ExtensionContext.Namespace.create(NetnsExtension.class);

  @Override
  public void beforeEach(ExtensionContext context) {
    context.getStore(STORE).put(Netns.class, Netns.open());
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
        .callAsIs(
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
