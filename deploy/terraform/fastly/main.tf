# An ACL and a dictionary for Tidegate, and the VCL that reads them. Their entries are versionless and Tidegate's.

terraform {
  required_providers {
    fastly = {
      source  = "fastly/fastly"
      version = ">= 5.0"
    }
  }
}

variable "domain" { type = string }
variable "origin" { type = string }

resource "fastly_service_vcl" "shop" {
  name = "shop"
  domain { name = var.domain }
  backend {
    name    = "origin"
    address = var.origin
  }

  acl { name = "tidegate" }
  dictionary { name = "tidegate" }

  snippet {
    name     = "tidegate"
    type     = "recv"
    priority = 10
    content  = <<-VCL
      # Before a shield only: behind one, the peer is Fastly.
      if (fastly.ff.visits_this_service == 0) {
        declare local var.tidegate STRING;
        if (client.ip ~ tidegate) {
          set var.tidegate = "block";
        } else {
          set var.tidegate = table.lookup(tidegate, "ja4:" + tls.client.ja4,
            table.lookup(tidegate, "asn:" + client.as.number,
              table.lookup(tidegate, "country:" + client.geo.country_code, "")));
        }
        if (var.tidegate ~ "^block") {
          error 403 "Forbidden";
        }
        # tag, rate_limit and challenge: carry them out as your service does these.
        set req.http.X-Tidegate = var.tidegate;
      }
    VCL
  }
}

output "tidegate" {
  value = {
    service_id = fastly_service_vcl.shop.id
    acl        = one([for acl in fastly_service_vcl.shop.acl : acl.acl_id])
    dictionary = one([for dictionary in fastly_service_vcl.shop.dictionary : dictionary.dictionary_id])
  }
}
