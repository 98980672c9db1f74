package dev.tweed.operator.cluster;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonStreamContext;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.BeanDescription;
import com.fasterxml.jackson.databind.DeserializationConfig;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.deser.BeanDeserializerModifier;
import com.fasterxml.jackson.databind.deser.DeserializationProblemHandler;
import com.fasterxml.jackson.databind.deser.ValueInstantiator;
import com.fasterxml.jackson.databind.deser.std.DelegatingDeserializer;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.util.TokenBuffer;
import dev.tweed.crds.NodeSubnet;
import dev.tweed.crds.TweedResource;
import dev.tweed.crds.UnknownValue;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Reads objects of Tweed whatever is in them. A value that this version does not know, such as one
 * of an enum that grew, is absent and noted in the object; one that cannot be read at all has its
 * metadata only. Without this one such object would end every list and watch that it is in.
 */
public final class UnknownValueModule extends SimpleModule {
  private static final int SHOWN = 100;

  /** What is being read, and what was found. */
  private record Reading(JsonParser parser, List<UnknownValue> found) {
    private static final Object KEY = Reading.class;

    /** Whether this is about an object of Tweed; if so it notes the value and is done with it. */
    static boolean note(DeserializationContext context, String value) {
      if (!(context.getAttribute(KEY) instanceof Reading reading)) {
        return false;
      }
      reading.found().add(new UnknownValue(field(reading.parser().getParsingContext()), value));
      return true;
    }

    private static String field(JsonStreamContext context) {
      if (context == null || context.inRoot()) {
        return "";
      }
      String parent = field(context.getParent());
      if (context.inArray()) {
        return context.hasCurrentIndex() ? parent + "[" + context.getCurrentIndex() + "]" : parent;
      }
      // Without a name it is at the beginning of what should be a value.
      return context.getCurrentName() == null
          ? parent
          : parent.isEmpty() ? context.getCurrentName() : parent + "." + context.getCurrentName();
    }
  }

  public UnknownValueModule() {
    super("tweed-unknown-values");
    setDeserializerModifier(new Modifier());
  }

  @Override
  public void setupModule(SetupContext context) {
    super.setupModule(context);
    context.addDeserializationProblemHandler(new Handler());
  }

  private static final class Modifier extends BeanDeserializerModifier {
    @Override
    public JsonDeserializer<?> modifyDeserializer(
        DeserializationConfig config, BeanDescription description, JsonDeserializer<?> standard) {
      return TweedResource.class.isAssignableFrom(description.getBeanClass())
          ? new Tolerant(standard)
          : standard;
    }
  }

  private static final class Tolerant extends DelegatingDeserializer {
    Tolerant(JsonDeserializer<?> standard) {
      super(standard);
    }

    @Override
    protected JsonDeserializer<?> newDelegatingInstance(JsonDeserializer<?> standard) {
      return new Tolerant(standard);
    }

    @Override
    public Object deserialize(JsonParser parser, DeserializationContext context)
        throws IOException {
      // A copy, so that the parser is behind the object whatever comes of it.
      TokenBuffer object = context.bufferForInputBuffering(parser).overrideParentContext(null);
      object.copyCurrentStructure(parser);
      List<UnknownValue> found = new ArrayList<>();
      Object outer = context.getAttribute(Reading.KEY);
      TweedResource<?, ?> resource;
      try (JsonParser own = object.asParserOnFirstToken()) {
        context.setAttribute(Reading.KEY, new Reading(own, found));
        resource = (TweedResource<?, ?>) super.deserialize(own, context);
      } catch (JacksonException e) {
        found.add(new UnknownValue(field(e), shortened(e.getOriginalMessage())));
        resource = metadataOnly(object, context);
      } finally {
        context.setAttribute(Reading.KEY, outer);
      }
      if (resource instanceof NodeSubnet subnet && found.isEmpty()) {
        found.addAll(Facts.missing(subnet.getSpec()));
      }
      resource.setUnknownValues(found);
      return resource;
    }

    private static String field(JacksonException e) {
      return e instanceof JsonMappingException mapping
          ? mapping.getPath().stream()
              .map(r -> r.getFieldName() == null ? "[" + r.getIndex() + "]" : r.getFieldName())
              .collect(Collectors.joining("."))
              .replace(".[", "[")
          : "";
    }

    private TweedResource<?, ?> metadataOnly(TokenBuffer object, DeserializationContext context)
        throws IOException {
      TweedResource<?, ?> resource =
          (TweedResource<?, ?>)
              ((ValueInstantiator.Gettable) getDelegatee())
                  .getValueInstantiator()
                  .createUsingDefault(context);
      try (JsonParser again = object.asParserOnFirstToken()) {
        JsonNode metadata = context.readTree(again).path("metadata");
        resource.setMetadata(context.readTreeAsValue(metadata, ObjectMeta.class));
      }
      return resource;
    }
  }

  private static String shortened(String text) {
    return text.length() > SHOWN ? text.substring(0, SHOWN) : text;
  }

  private static final class Handler extends DeserializationProblemHandler {
    @Override
    public Object handleWeirdStringValue(
        DeserializationContext context, Class<?> target, String value, String failure)
        throws IOException {
      if (!(context.getAttribute(Reading.KEY) instanceof Reading reading)) {
        return NOT_HANDLED;
      }
      // Of an object in place of a number this is told the first character.
      boolean isText = reading.parser().currentToken().isScalarValue();
      Reading.note(context, isText ? shortened(value) : shape(reading.parser().currentToken()));
      reading.parser().skipChildren();
      return null;
    }

    // A field that this version does not know is one it does not need.
    @Override
    public boolean handleUnknownProperty(
        DeserializationContext context,
        JsonParser parser,
        JsonDeserializer<?> deserializer,
        Object beanOrClass,
        String name)
        throws IOException {
      if (!(context.getAttribute(Reading.KEY) instanceof Reading)) {
        return false;
      }
      parser.skipChildren();
      return true;
    }

    @Override
    public Object handleWeirdNumberValue(
        DeserializationContext context, Class<?> target, Number value, String failure) {
      return Reading.note(context, value.toString()) ? null : NOT_HANDLED;
    }

    @Override
    public Object handleUnexpectedToken(
        DeserializationContext context,
        JavaType target,
        JsonToken token,
        JsonParser parser,
        String failure)
        throws IOException {
      if (!Reading.note(context, shape(token))) {
        return NOT_HANDLED;
      }
      parser.skipChildren();
      return null;
    }

    @Override
    public Object handleMissingInstantiator(
        DeserializationContext context,
        Class<?> target,
        ValueInstantiator instantiator,
        JsonParser parser,
        String message)
        throws IOException {
      if (!Reading.note(context, shape(parser.currentToken()))) {
        return NOT_HANDLED;
      }
      parser.skipChildren();
      return null;
    }

    @Override
    public Object handleInstantiationProblem(
        DeserializationContext context, Class<?> target, Object argument, Throwable problem) {
      return Reading.note(context, "no " + target.getSimpleName()) ? null : NOT_HANDLED;
    }

    private static String shape(JsonToken token) {
      return switch (token) {
        case START_OBJECT -> "an object";
        case START_ARRAY -> "a list";
        case VALUE_STRING -> "a text";
        case VALUE_TRUE, VALUE_FALSE -> "a boolean";
        case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> "a number";
        default -> token.toString();
      };
    }
  }
}
