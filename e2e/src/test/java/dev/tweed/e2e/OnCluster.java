package dev.tweed.e2e;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * The class runs on a cluster of this layout, handed to its constructor and methods as {@code
 * TestCluster} or {@code Installation}. When a test fails, what is needed to find out why is
 * written to {@code logs/e2e-dump} of the cache, where also the log is.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(ClusterExtension.class)
@Tag("e2e")
@interface OnCluster {
  Layout value();

  /** Each test builds on the one before: when one fails, the rest of the class is not tried. */
  boolean steps() default false;
}
