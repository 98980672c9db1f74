package dev.tweed.agent.firewall;

import com.fasterxml.jackson.annotation.JsonAutoDetect.Visibility;
import com.fasterxml.jackson.annotation.PropertyAccessor;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.deser.std.StdDeserializer;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.ser.std.StdSerializer;
import com.fasterxml.jackson.databind.ser.std.ToStringSerializer;
import dev.tweed.agent.file.FileFailure;
import dev.tweed.agent.finding.NodeFinding;
import dev.tweed.firewall.backend.BackendKind;
import dev.tweed.firewall.rules.GoodPolicy;
import dev.tweed.firewall.rules.RuleGroup;
import dev.tweed.host.AtomicFile;
import dev.tweed.ip.IpPrefix;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * What is remembered of the firewall between two processes, in {@code last-good.json}: for the next
 * daemon, and for {@code tweed-node firewall}. Gone after a reboot.
 */
public final class FirewallFiles {

  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .addModule(
              new SimpleModule()
                  .addSerializer(IpPrefix.class, ToStringSerializer.instance)
                  .addDeserializer(IpPrefix.class, new Parsed<>(IpPrefix.class, IpPrefix::parse))
                  .addSerializer(new OptionalText())
                  .addDeserializer(Optional.class, new Parsed<>(Optional.class, Optional::of)))
          .visibility(PropertyAccessor.IS_GETTER, Visibility.NONE)
          .build();

  private static final String PERMISSIONS = "rw-------";

  private final Path file;

  /**
   * @param runDir the run directory
   */
  public FirewallFiles(Path runDir) {
    this.file = runDir.resolve("firewall").resolve("last-good.json");
  }

  /**
   * Rules that were in force, for the day a later generation is refused, and the firewalls that may
   * hold some.
   *
   * @param builtIn what the network needed
   * @param policies by name
   * @param places kinds that rows were put into
   */
  public record Remembered(
      Optional<RuleGroup> builtIn, Map<String, GoodPolicy> policies, Set<BackendKind> places) {
    static final Remembered NOTHING = new Remembered(Optional.empty(), Map.of(), Set.of());

    public Remembered {
      policies = Map.copyOf(policies);
      places = Set.copyOf(places);
    }

    /** Whether no rules were in force. */
    public boolean hasNoRules() {
      return builtIn.isEmpty() && policies.isEmpty();
    }
  }

  /** The same as it is in the file; what is empty there is null. */
  private record Document(
      Set<BackendKind> places, RuleGroup builtIn, Map<String, GoodPolicy> policies) {}

  /** Something that is a text in the file. */
  private static final class Parsed<T> extends StdDeserializer<T> {
    private static final long serialVersionUID = 1;

    private final transient Function<String, T> parse;

    Parsed(Class<T> type, Function<String, T> parse) {
      super(type);
      this.parse = parse;
    }

    @Override
    public T deserialize(JsonParser parser, DeserializationContext context) throws IOException {
      return parse.apply(parser.getText());
    }

    @Override
    public T getNullValue(DeserializationContext context) {
      return handledType() == Optional.class ? handled(Optional.empty()) : null;
    }

    @SuppressWarnings("unchecked")
    private T handled(Optional<?> empty) {
      return (T) empty;
    }
  }

  @SuppressWarnings("rawtypes")
  private static final class OptionalText extends StdSerializer<Optional> {
    private static final long serialVersionUID = 1;

    OptionalText() {
      super(Optional.class);
    }

    @Override
    public void serialize(Optional text, JsonGenerator out, SerializerProvider provider)
        throws IOException {
      out.writeObject(text.orElse(null));
    }
  }

  /** Keeps what is remembered; a finding if it cannot be written. */
  Optional<NodeFinding> write(Remembered remembered) {
    Document document =
        new Document(
            remembered.places(),
            remembered.builtIn().orElse(null),
            new TreeMap<>(remembered.policies()));
    try {
      Files.createDirectories(file.getParent());
      AtomicFile.keep(file, JSON.writeValueAsBytes(document), PERMISSIONS);
      return Optional.empty();
    } catch (IOException e) {
      return Optional.of(FileFailure.notable("what is known of the firewall's rules", file, e));
    }
  }

  /** What was in force; nothing if there is no such file, or it cannot be read. */
  public Remembered remembered() {
    try {
      if (!Files.exists(file)) {
        return Remembered.NOTHING;
      }
      Document read = JSON.readValue(Files.readAllBytes(file), Document.class);
      return new Remembered(Optional.ofNullable(read.builtIn()), read.policies(), read.places());
    } catch (IOException | RuntimeException e) {
      // As after a reboot: what is refused then has nothing to fall back to.
      return Remembered.NOTHING;
    }
  }
}
