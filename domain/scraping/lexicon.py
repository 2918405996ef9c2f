"""The commonest clinical quantities and how documents name them."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Concept:
    """A quantity: its names, the dimensions it is measured in, and what is humanly possible.

    A concept with `answers` False only keeps its longer name from being read as a shorter one.
    """

    key: str
    names: tuple[str, ...]
    dimensions: tuple[str, ...] = ()
    low: Decimal = Decimal(0)
    high: Decimal = Decimal(1_000_000)


def _concept(key: str, names: str, dimensions: str = "", low: str = "0", high: str = "1e6") -> Concept:
    return Concept(
        key,
        tuple(name.strip() for name in names.split("|")),
        tuple(each.strip() for each in dimensions.split("|") if each),
        Decimal(low),
        Decimal(high),
    )


MASS = "mass concentration"
AMOUNT = "amount concentration"
LIPID = f"{MASS}|{AMOUNT}"
CELLS = "cell count"

CONCEPTS: tuple[Concept, ...] = (
    # vital signs
    _concept("blood pressure", "blood pressure|bp|b/p|sbp/dbp|nibp|bp sitting|sitting bp|office bp|blood pressures|bps", "pressure", "20", "300"),
    _concept("systolic", "systolic|systolic bp|systolic blood pressure|bp systolic|blood pressure systolic|sbp|sys bp|bp sys|systolic pressure|intravascular systolic|bp systolic sitting", "pressure", "40", "300"),
    _concept("diastolic", "diastolic|diastolic bp|diastolic blood pressure|bp diastolic|blood pressure diastolic|dbp|dia bp|bp dia|diastolic pressure|intravascular diastolic", "pressure", "20", "200"),
    _concept("heart rate", "heart rate|hr|pulse|pulse rate|heart beat|ventricular rate", "rate", "20", "300"),
    _concept("respiratory rate", "respiratory rate|respiration rate|resp rate|respirations|respiration|resp|rr", "rate", "4", "80"),
    _concept("temperature", "temperature|body temperature|temp|t|oral temperature|temp oral", "temperature", "25", "115"),
    _concept("oxygen saturation", "oxygen saturation|o2 saturation|o2 sat|o2 sats|spo2|sp o2|sao2|sats|sat|saturation|saturations|pulse oximetry|pulse ox|o2 sat %|arterial oxygen saturation|oxygen saturations|o2 saturations", "fraction", "30", "100"),
    _concept("weight", "weight|body weight|wt|weight measured|weight kg|weighs|body mass", "mass", "0.3", "700"),
    _concept("height", "height|body height|ht|height length measured|height measured|stature|length", "length", "10", "280"),
    _concept("bmi", "bmi|body mass index|body mass index calculated|body mass index measured|bmi calculated|b m i", "body mass index", "8", "100"),
    _concept("bsa", "bsa|body surface area|bsa measured", "area", "0.1", "4"),
    _concept("map", "mean arterial pressure|mean blood pressure|mean bp", "pressure", "20", "250"),
    _concept("pulmonary pressure", "pa systolic pressure|pulmonary artery systolic pressure|pasp|pa systolic|pa pressure|pulmonary artery pressure|pulmonary systolic pressure", "pressure", "5", "150"),
    _concept("rvsp", "rvsp|right ventricular systolic pressure|rv systolic pressure", "pressure", "5", "150"),
    _concept("pain", "pain score|pain scale|pain level", "", "0", "10"),
    _concept("age", "age|patient age|aged", "time", "0", "125"),
    _concept("gestational age", "gestational age|ga|gestation", "time", "4", "45"),
    # sugar and kidney
    _concept("hba1c", "hba1c|hb a1c|hgba1c|hgb a1c|a1c|hemoglobin a1c|haemoglobin a1c|glycated hemoglobin|glycated haemoglobin|glycosylated hemoglobin|glycohemoglobin|hba1c ifcc|hemoglobin a1c ngsp|hba1c ngsp|hgb a1c mfr bld|hemoglobin a1c hemoglobin total in blood", "fraction|amount ratio", "2", "200"),
    _concept("average glucose", "estimated average glucose|mean blood glucose|eag", LIPID, "1", "800"),
    _concept("fasting glucose", "fasting glucose|glucose fasting|fasting blood glucose|fasting blood sugar|fbs|fasting plasma glucose|fpg|fbg|blood sugar fasting", LIPID, "1", "1500"),
    _concept("glucose", "glucose|blood glucose|plasma glucose|serum glucose|blood sugar|glucose random|random glucose|glucose level|glucose serpl|sugar|accu chek", LIPID, "1", "1500"),
    _concept("creatinine", "creatinine|serum creatinine|creat|cr|scr|creatinine serum|creatinine level|creat serpl|plasma creatinine", LIPID, "0.05", "2500"),
    _concept("creatinine clearance", "creatinine clearance|crcl", "clearance", "1", "250"),
    _concept("urine creatinine", "urine creatinine|creatinine urine|creatinine random urine", LIPID),
    _concept("bun creatinine ratio", "bun creatinine ratio|bun creat ratio|bun cr ratio"),
    _concept("egfr", "egfr|e gfr|gfr|estimated gfr|glomerular filtration rate|estimated glomerular filtration rate|egfr ckd epi|egfr ckd epi 2021|gfr est|egfr mdrd", "clearance", "1", "250"),
    _concept("bun", "bun|blood urea nitrogen|urea nitrogen|bun serpl", LIPID, "0.5", "300"),
    _concept("urea", "urea|blood urea|serum urea", LIPID, "1", "600"),
    _concept("uric acid", "uric acid|serum uric acid|urate", LIPID, "0.5", "1200"),
    _concept("urine albumin creatinine ratio", "urine albumin creatinine ratio|albumin creatinine ratio|uacr|acr|microalbumin creatinine ratio|urine microalbumin creatinine ratio|albumin creat ratio", "urine ratio", "0", "20000"),
    _concept("urine albumin", "urine albumin|microalbumin|urine microalbumin|albumin urine", MASS),
    # lipids
    _concept("ldl", "ldl|ldl c|ldl cholesterol|ldl cholesterol calc|ldl calculated|cholesterol ldl|ldlc|ldlc serpl|ldl direct|low density lipoprotein|cholesterol in ldl|ldl chol|bad cholesterol", LIPID, "0.1", "900"),
    _concept("hdl", "hdl|hdl c|hdl cholesterol|cholesterol hdl|hdlc|hdlc serpl|high density lipoprotein|cholesterol in hdl|hdl chol|good cholesterol", LIPID, "0.1", "250"),
    _concept("non hdl", "non hdl|non hdl cholesterol|non hdl c|cholesterol non hdl", LIPID),
    _concept("vldl", "vldl|vldl cholesterol|vldl c", LIPID),
    _concept("cholesterol ratio", "cholesterol hdl ratio|chol hdl ratio|total cholesterol hdl ratio|ldl hdl ratio|tc hdl ratio"),
    _concept("total cholesterol", "total cholesterol|cholesterol|cholesterol total|chol|serum cholesterol|cholest serpl|cholesterol in serum", LIPID, "0.5", "1500"),
    _concept("triglycerides", "triglycerides|triglyceride|trigs|trig|tg|trigl serpl|triglycerides fasting", LIPID, "0.1", "15000"),
    # blood count
    _concept("hemoglobin", "hemoglobin|haemoglobin|hgb|hb|hgb bld|hgb bld mcnc|hemoglobin level|hemoglobin hgb|haemoglobin hb", MASS, "2", "260"),
    _concept("hematocrit", "hematocrit|haematocrit|hct|pcv|packed cell volume|hct fr bld|hct fr bld auto|crit", "fraction|", "5", "80"),
    _concept("wbc", "wbc|wbcs|white blood cells|white blood cell|white blood cell count|white cell count|white count|wbc count|leukocytes|leucocytes|total leukocyte count|tlc|total wbc count|wbc bld auto|wbc # bld auto|leukocyte count", CELLS, "0.01", "500000"),
    _concept("rbc", "rbc|red blood cells|red blood cell count|red cell count|rbc count|erythrocytes|total rbc count", CELLS),
    _concept("platelets", "platelets|platelet|platelet count|plt|plts|plt count|platelet # bld|platelet bld auto|platelet # bld auto|thrombocytes", CELLS, "1", "5000000"),
    _concept("mcv", "mcv|mean corpuscular volume", "cell volume"),
    _concept("mch", "mch|mean corpuscular hemoglobin|mean cell hemoglobin", "cell mass"),
    _concept("mchc", "mchc|mean corpuscular hemoglobin concentration", MASS),
    _concept("rdw", "rdw|red cell distribution width|rdw cv", "fraction"),
    _concept("neutrophils", "neutrophils|neutrophil|neut|polys|segs", f"fraction|{CELLS}"),
    _concept("lymphocytes", "lymphocytes|lymphocyte|lymphs", f"fraction|{CELLS}"),
    # chemistry
    _concept("sodium", "sodium|na|serum sodium|sodium level|na+|sodium serpl", AMOUNT, "90", "200"),
    _concept("potassium", "potassium|k|serum potassium|potassium level|k+|potassium serpl", AMOUNT, "1", "12"),
    _concept("chloride", "chloride|cl|chloride level", AMOUNT, "50", "160"),
    _concept("co2", "co2|bicarbonate|hco3|carbon dioxide|total co2|co2 total|carbon dioxide total|tco2", AMOUNT, "2", "60"),
    _concept("calcium", "calcium|ca|serum calcium|calcium level", LIPID, "0.5", "25"),
    _concept("magnesium", "magnesium|mg level|mag", LIPID, "0.2", "15"),
    _concept("phosphorus", "phosphorus|phosphate|phos", LIPID, "0.2", "20"),
    _concept("albumin", "albumin|serum albumin|alb|albumin serpl", MASS, "0.5", "80"),
    _concept("total protein", "total protein|protein total|serum protein", MASS),
    _concept("alt", "alt|sgpt|alt sgpt|alanine aminotransferase|alanine transaminase|alt serpl|sgpt alt", "enzyme activity", "1", "20000"),
    _concept("ast", "ast|sgot|ast sgot|aspartate aminotransferase|aspartate transaminase|sgot ast", "enzyme activity", "1", "20000"),
    _concept("alkaline phosphatase", "alkaline phosphatase|alk phos|alp", "enzyme activity", "1", "10000"),
    _concept("bilirubin", "bilirubin|total bilirubin|bilirubin total|t bili|tbili", LIPID, "0.05", "900"),
    _concept("direct bilirubin", "direct bilirubin|bilirubin direct|conjugated bilirubin", LIPID),
    _concept("crp", "crp|c reactive protein|hs crp|crp high sensitivity|high sensitivity crp", MASS, "0", "700"),
    _concept("esr", "esr|sed rate|erythrocyte sedimentation rate|sedimentation rate", "sedimentation"),
    _concept("ferritin", "ferritin|serum ferritin", MASS),
    _concept("iron", "iron|serum iron", LIPID),
    _concept("vitamin d", "vitamin d|25 oh vitamin d|25 hydroxyvitamin d|vitamin d 25 hydroxy|vitamin d total", LIPID),
    _concept("vitamin b12", "vitamin b12|b12|cobalamin", LIPID),
    _concept("tsh", "tsh|thyroid stimulating hormone|thyrotropin|s tsh", "hormone activity", "0.001", "500"),
    _concept("free t4", "free t4|ft4|t4 free|free thyroxine", LIPID),
    _concept("psa", "psa|prostate specific antigen|total psa|psa total|serum psa|psa level", MASS, "0", "20000"),
    _concept("psa density", "psa density|psad|psa velocity|psa doubling time|free psa|psa free|percent free psa|psa ratio"),
    _concept("inr", "inr|international normalized ratio|pt inr", "", "0.5", "20"),
    _concept("prothrombin time", "prothrombin time|pt time|protime", "time"),
    _concept("bnp", "bnp|b type natriuretic peptide|brain natriuretic peptide", MASS, "0", "100000"),
    _concept("nt probnp", "nt probnp|nt pro bnp|pro bnp|probnp", MASS, "0", "200000"),
    _concept("troponin", "troponin|troponin i|troponin t|ctni", MASS),
    _concept("pth", "pth|parathyroid hormone|intact pth|pth intact|ipth", MASS, "0", "10000"),
    # heart
    _concept("ejection fraction", "ejection fraction|lvef|ef|lv ejection fraction|left ventricular ejection fraction|lv ef|ejection fraction ef", "fraction", "5", "95"),
    _concept("rv ejection fraction", "rvef|rv ejection fraction|right ventricular ejection fraction", "fraction"),
    _concept("left atrial diameter", "left atrial diameter|left atrium diameter|la diameter|lad diameter|left atrial dimension", "length", "0.5", "100"),
    _concept("lvidd", "lvidd|lv internal diameter diastole|left ventricular internal diameter diastole|lvid d", "length"),
    _concept("lvids", "lvids|lv internal diameter systole|lvid s", "length"),
    # screening, endoscopy, pathology
    _concept("withdrawal time", "withdrawal time|scope withdrawal time|colonoscope withdrawal time", "time", "0", "240"),
    _concept("cecal intubation time", "cecal intubation time|caecal intubation time|time to cecum|cecal intubation", "time", "0", "240"),
    _concept("bbps", "bbps|boston bowel preparation scale|boston bowel prep score|boston bowel prep scale|bbps total|bbps score|total bbps|boston bowel preparation score|bowel prep bbps total", "", "0", "9"),
    _concept("gleason", "gleason|gleason score|gleason s score|gleason sum|gleason grade|gleason total|combined gleason score", "", "2", "10"),
    _concept("phq9", "phq 9|phq9|phq 9 score|phq 9 total score|patient health questionnaire 9", "", "0", "27"),
    _concept("phq2", "phq 2|phq2|phq 2 score", "", "0", "6"),
    _concept("gad7", "gad 7|gad7|gad 7 score", "", "0", "21"),
    _concept("mmse", "mmse|mini mental state examination", "", "0", "30"),
    _concept("moca", "moca|montreal cognitive assessment", "", "0", "30"),
    _concept("fib4", "fib 4|fib4|fib 4 index", "", "0", "60"),
    _concept("ascvd risk", "ascvd risk|10 year ascvd risk|ascvd risk score", "fraction", "0", "100"),
    _concept("fev1 fvc", "fev1 fvc|fev1 fvc ratio", "fraction|", "0", "130"),
    _concept("fev1", "fev1", "", "0", "200"),
    _concept("cd4", "cd4|cd4 count|cd4 cell count", CELLS, "0", "5000"),
    _concept("t score", "t score|dexa t score", "", "-8", "8"),
)
