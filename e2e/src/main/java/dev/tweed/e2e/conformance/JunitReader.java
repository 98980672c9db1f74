package dev.tweed.e2e.conformance;

import dev.tweed.e2e.bed.BedException;
import dev.tweed.e2e.conformance.CaseResult.Outcome;
import java.io.IOException;
import java.io.StringReader;
import java.util.ArrayList;
import java.util.List;
import javax.xml.XMLConstants;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;
import org.xml.sax.SAXException;

/** Reads what Ginkgo and cyclonus write in the form of JUnit. */
final class JunitReader {
  /** What Ginkgo says of each case that was not chosen. */
  private static final String NOT_CHOSEN = "skipped";

  private static final String SKIPPED = "skipped - ";

  private JunitReader() {}

  /** The cases that were chosen; not the steps before and after all of them, unless they failed. */
  static List<CaseResult> read(String xml) {
    try {
      DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
      factory.setFeature(XMLConstants.FEATURE_SECURE_PROCESSING, true);
      factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
      NodeList found =
          factory
              .newDocumentBuilder()
              .parse(new InputSource(new StringReader(xml)))
              .getElementsByTagName("testcase");
      List<CaseResult> results = new ArrayList<>();
      for (int i = 0; i < found.getLength(); i++) {
        CaseResult result = read((Element) found.item(i));
        boolean step = result.name().matches("\\[(Synchronized)?(Before|After|Report).*");
        boolean notChosen =
            result.outcome() == Outcome.SKIPPED && result.reason().equals(NOT_CHOSEN);
        if (!notChosen && (!step || result.outcome() == Outcome.FAILED)) {
          results.add(shortened(result));
        }
      }
      return results;
    } catch (SAXException | IOException | ParserConfigurationException e) {
      throw new BedException("this is no report in the form of JUnit", e);
    }
  }

  private static CaseResult read(Element element) {
    // At the end Ginkgo repeats labels that are in the name.
    String name =
        element
            .getAttribute("name")
            .replaceFirst("^\\[It] ", "")
            .replaceFirst(" \\[sig-network[^\\]]*]$", "")
            .strip();
    for (String kind : List.of("failure", "error")) {
      if (element.getElementsByTagName(kind).item(0) instanceof Element failure) {
        String message = failure.getAttribute("message");
        String text = message.isBlank() ? failure.getTextContent() : message;
        return new CaseResult(name, Outcome.FAILED, text.strip().lines().findFirst().orElse(""));
      }
    }
    return element.getElementsByTagName("skipped").item(0) instanceof Element skipped
        ? new CaseResult(name, Outcome.SKIPPED, skipped.getAttribute("message"))
        : new CaseResult(name, Outcome.PASSED, "");
  }

  private static CaseResult shortened(CaseResult result) {
    String reason = result.reason();
    return new CaseResult(
        result.name(),
        result.outcome(),
        reason.startsWith(SKIPPED) ? reason.substring(SKIPPED.length()) : reason);
  }
}
