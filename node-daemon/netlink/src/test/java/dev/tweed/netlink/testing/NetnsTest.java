package dev.tweed.netlink.testing;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A test that runs, with its {@code @BeforeEach} and {@code @AfterEach} methods, in a network
 * namespace of its own; a parameter of type {@link Netns} gives it. See {@link NetnsExtension}.
 */
@Documented
@Tag("kernel")
@Test
@ExtendWith(NetnsExtension.class)
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
public @interface NetnsTest {}
