import com.berryworks.edireader.EDIReader;
import com.berryworks.edireader.EDIReaderFactory;
import io.xlate.edi.stream.EDIInputFactory;
import io.xlate.edi.stream.EDIStreamEvent;
import io.xlate.edi.stream.EDIStreamReader;
import java.io.BufferedInputStream;
import java.io.File;
import java.io.FileInputStream;
import java.io.InputStreamReader;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.xml.sax.Attributes;
import org.xml.sax.InputSource;
import org.xml.sax.helpers.DefaultHandler;

/** Reads a file with EDIReader or StAEDI, several times in one warm process: Peers edireader|staedi RUNS FILE. */
public class Peers {
  public static void main(String[] args) throws Exception {
    java.util.logging.LogManager.getLogManager().reset(); // StAEDI tells what its schemas do not use
    File file = new File(args[2]);
    int runs = Integer.parseInt(args[1]);
    double[] rates = new double[runs];
    long found = 0;
    for (int run = -2; run < runs; run++) {
      long begin = System.nanoTime();
      found = args[0].equals("edireader") ? edireader(file) : staedi(file);
      double rate = file.length() / 1e6 / ((System.nanoTime() - begin) / 1e9);
      if (run >= 0) {
        rates[run] = rate;
      }
    }
    Arrays.sort(rates);
    long mb = (Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory()) >> 20;
    System.out.printf("%-12s %-24s %6.0f MB/s (%.0f…%.0f); %d events; %d MB of heap in use%n", args[0], file.getName(), rates[runs / 2], rates[0],
        rates[runs - 1], found, mb);
  }

  /** One interchange, envelopes checked, with its 997. */
  static long edireader(File file) throws Exception {
    long[] count = {0};
    try (InputStreamReader in = new InputStreamReader(new BufferedInputStream(new FileInputStream(file), 1 << 16), StandardCharsets.ISO_8859_1)) {
      InputSource source = new InputSource(in);
      EDIReader reader = EDIReaderFactory.createEDIReader(source);
      reader.setAcknowledgment(new StringWriter());
      reader.setContentHandler(new DefaultHandler() {
        @Override
        public void startElement(String uri, String local, String name, Attributes attributes) {
          count[0]++;
        }
      });
      reader.parse(source);
    }
    return count[0];
  }

  /** All events, envelopes validated, without a schema for the sets. */
  static long staedi(File file) throws Exception {
    long count = 0;
    try (BufferedInputStream in = new BufferedInputStream(new FileInputStream(file), 1 << 16)) {
      EDIStreamReader reader = EDIInputFactory.newFactory().createEDIStreamReader(in);
      while (reader.hasNext()) {
        EDIStreamEvent event = reader.next();
        if (event == EDIStreamEvent.SEGMENT_ERROR || event == EDIStreamEvent.ELEMENT_DATA_ERROR) {
          throw new IllegalStateException(event + " " + reader.getErrorType() + " at " + reader.getLocation());
        }
        count++;
      }
      reader.close();
    }
    return count;
  }
}
